/** The TypeScript examples of docs/, each compiled against the declarations as it stands there, and run where it makes something. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import t from 'tap'

import { pages } from './pages.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

interface Example {
  /** `docs/how-to/use-schemas.md:30`. */
  readonly place: string
  readonly code: string
}

/** Without whole programs, which `getting-started.test.ts` runs. */
function examples(): Example[] {
  return pages('docs').flatMap(({ name, text }) =>
    [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
      .filter(match => !match[1]!.includes("from 'shardline'"))
      .map(match => ({ place: `${name}:${text.slice(0, match.index).split('\n').length}`, code: match[1]! })),
  )
}

/** What the pages have introduced before their examples. */
const PRELUDE = `
import { createReadStream, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import * as shardline from 'shardline'
import {
  AvroDeserializationSchema, DeadLetterHandler, GlueSchemaRegistryAvroDeserializationSchema, GlueSchemaRegistryAvroSerializationSchema,
  GlueSchemaRegistryJsonDeserializationSchema, GlueSchemaRegistryJsonSerializationSchema, JsonDataWithSchema, JsonRowDeserializationSchema,
  KinesisFirehoseSink, KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator, ShardlineError, SimpleStringSchema, StreamExecutionEnvironment,
  Types, WatermarkStrategy,
} from 'shardline'
import type { KinesisDeserializationSchema } from 'shardline'

void [createReadStream, writeFileSync, createInterface, pipeline, shardline, AvroDeserializationSchema, DeadLetterHandler,
  GlueSchemaRegistryAvroDeserializationSchema, GlueSchemaRegistryAvroSerializationSchema, GlueSchemaRegistryJsonDeserializationSchema,
  GlueSchemaRegistryJsonSerializationSchema, JsonDataWithSchema, JsonRowDeserializationSchema, KinesisFirehoseSink, KinesisStreamsSink, KinesisStreamsSource,
  PartitionKeyGenerator, ShardlineError, SimpleStringSchema, StreamExecutionEnvironment, Types, WatermarkStrategy]
export const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/flights'
export const env = StreamExecutionEnvironment.getExecutionEnvironment()
export const jsonSchema = '{"type":"object"}'
export interface Order { readonly table: string }
export const builder = KinesisStreamsSink.builder().setStreamName('orders')
export const keep = async (..._what: unknown[]): Promise<void> => undefined
export type Lines = KinesisDeserializationSchema<string>
`

t.test('every TypeScript example of the pages compiles and runs', async t => {
  const folder = mkdtempSync(path.join(root, 'dist/pages-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const found = examples()
  t.ok(found.length >= 12)
  const files = found.map(({ code }, i) => {
    const own = /\bschema\b/.test(code) && !/const schema/.test(code)
    const given = own
      ? `const schema = '{"type":"record","name":"Flight","fields":[{"name":"id","type":"string"}]}'\n`
      : ''
    const sink = /sink\.writable/.test(code)
      ? `writeFileSync('orders.txt', '')\nconst sink = KinesisStreamsSink.builder().setStreamArn(arn).setSerializationSchema(new SimpleStringSchema()).build()\n`
      : ''
    const file = `example-${i}.ts`
    writeFileSync(path.join(folder, file), `${PRELUDE}${given}${sink}${code}`)
    return file
  })
  const options = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    outDir: folder,
    rootDir: folder,
    skipLibCheck: true,
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
  const compiled = ((): string => {
    try {
      execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'pipe' })
      return ''
    } catch (error) {
      return String((error as { stdout: Buffer }).stdout).replace(
        /example-(\d+)\.ts/g,
        (_, i: string) => found[Number(i)]!.place,
      )
    }
  })()
  t.equal(compiled, '')
  const here = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(here))
  for (const [i, { place, code }] of found.entries()) {
    // That one needs a stream to write to.
    if (/sink\.writable/.test(code)) continue
    await t.resolves(import(pathToFileURL(path.join(folder, `example-${i}.js`)).href), place)
  }
})
