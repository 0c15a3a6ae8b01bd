/**
 * Amazon's Java library for the Glue Schema Registry reads what is written here, and still writes what the vectors say. It needs
 * Java 17, Maven and a registry of Maven's, so it runs only where SHARDLINE_TEST_JAVA is set.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import t from 'tap'

import { glueAvroDecoder, glueAvroEncoder } from '../../schemas/glue/glue-avro.ts'
import { glueJsonEncoder } from '../../schemas/glue/glue-json.ts'
import type { GlueCompression } from '../../schemas/glue/glue-frame.ts'
import { glueVectors, javaGlueFolder } from '../schemas/glue/java-vectors.ts'
import type { GlueVector } from '../schemas/glue/java-vectors.ts'
import { memoryRegistry } from '../schemas/glue/memory-registry.ts'

const wanted = process.env['SHARDLINE_TEST_JAVA'] !== undefined
const run = promisify(execFile)
const common = { transportName: 'flights', secondary: null, convert: null }

async function recordOf(vector: GlueVector, compression: GlueCompression): Promise<Buffer> {
  const configs = { compression, schemaAutoRegistrationEnabled: true }
  const { registry } = memoryRegistry(configs, vector.format)
  if (vector.format === 'JSON') {
    const carrier = { schema: vector.schema, payload: vector.value }
    const encoder = glueJsonEncoder(
      { type: 'glue-json', values: 'carrier', schema: null, configs, ...common },
      registry,
    )
    await (encoder as { prepare(value: unknown): Promise<void> | null }).prepare(carrier)
    return encoder.encode(carrier)
  }
  const spec = { type: 'glue-avro', schema: vector.schema, configs, ...common } as const
  const encoder = glueAvroEncoder(spec, registry)
  await encoder.prepare?.()
  return encoder.encode(await valueOf(vector))
}

async function valueOf(vector: GlueVector): Promise<unknown> {
  const { api, registry } = memoryRegistry({}, 'AVRO')
  const record = Buffer.from(vector.NONE!, 'base64')
  const versionId = 'b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63'
  const schema = { schemaName: 'flights', definition: vector.definition!, dataFormat: 'AVRO', status: 'AVAILABLE' }
  api.versions.set(versionId, { versionId, ...schema })
  const decoder = glueAvroDecoder({ type: 'glue-avro', schema: vector.schema, configs: {}, ...common }, registry, null)
  await decoder.prepare?.(record)
  return decoder.decode(record)
}

t.test(
  "Amazon's library reads our records, and writes those of the vectors (opt-in: SHARDLINE_TEST_JAVA=1)",
  { skip: wanted ? false : 'SHARDLINE_TEST_JAVA is not set', timeout: 300_000 },
  async t => {
    const folder = javaGlueFolder()
    const libraries = await mkdtemp(path.join(os.tmpdir(), 'shardline-java-'))
    t.teardown(() => rm(libraries, { recursive: true, force: true }))
    const copy = ['-q', '-B', '-f', path.join(folder, 'pom.xml'), 'dependency:copy-dependencies']
    await run('mvn', [...copy, `-DoutputDirectory=${libraries}`], { timeout: 200_000 })
    const java = async (mode: string, file: string): Promise<Record<string, string>[]> => {
      const flags = ['-cp', `${libraries}/*`, '-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8']
      const { stdout } = await run('java', [...flags, path.join(folder, 'Glue.java'), mode, file], { timeout: 80_000 })
      return JSON.parse(stdout) as Record<string, string>[]
    }
    const vectors = glueVectors()
    const written = await java('write', path.join(folder, 'cases.json'))
    const plain = (vector: object): object => ({ ...vector, ZLIB: null })
    t.same(written.map(plain), vectors.map(plain))
    const good = vectors.filter(({ error }) => error === undefined)
    for (const compression of ['NONE', 'ZLIB'] as const) {
      const records = await Promise.all(
        good.map(async vector => ({
          format: vector.format,
          definition: vector.definition,
          record: (await recordOf(vector, compression)).toString('base64'),
        })),
      )
      const file = path.join(libraries, 'records.json')
      await writeFile(file, JSON.stringify(records))
      const read = await java('read', file)
      for (const [i, { format, value }] of good.entries()) {
        // Avro's JSON of a record without fields is nothing.
        t.strictSame(JSON.parse(read[i]!['value']! || '{}'), JSON.parse(value), `${format} ${value.slice(0, 60)}`)
        if (format === 'JSON') t.equal(read[i]!['schema'], good[i]!.definition)
      }
    }
  },
)
