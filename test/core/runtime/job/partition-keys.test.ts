/** Whole jobs whose sinks get their partition keys from functions: of this process, of a module, and from a key_by. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

import { KinesisStreamsSink, SimpleStringSchema, StreamExecutionEnvironment } from '../../../../core/index.ts'
import type { PartitionKeyGeneratorSpec } from '../../../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import type { LocalFunction } from '../../../../core/operators/job-facilities.ts'
import type { KinesisEmulator } from '../../../../emulator/index.ts'
import { collectionT, functionT, graphOf, kinesisSinkSpec, sinkT } from '../../fakes/graphs.ts'
import { emulator, jobOf, pointedAt } from '../../fakes/jobs.ts'

const FIRST = 0n
const LAST = 2n ** 128n - 1n

const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-keys-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const file = path.join(folder, 'keys.mjs')
writeFileSync(
  file,
  `export const key = value => ({ partitionKey: 'table ' + value, explicitHashKey: value < 'm' ? 0n : '${LAST}' })`,
)
const module = { type: 'module', url: pathToFileURL(file).href, export: 'key' } as const

/** By shard: partition key and data. */
const written = (kinesis: KinesisEmulator): string[][] =>
  kinesis.records('out').map(shard => shard.records.map(r => `${r.partitionKey}: ${r.text}`).sort())

function sinkOf(kinesis: KinesisEmulator, partitionKeyGenerator: PartitionKeyGeneratorSpec) {
  return kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), partitionKeyGenerator })
}

async function run(t: Parameters<typeof jobOf>[0], graph: ReturnType<typeof graphOf>, locals = new Map()) {
  const { job } = jobOf(t, graph, { locals: locals as Map<string, LocalFunction> })
  await job.start()
  await job.result()
}

t.test('a function of a module gives partition keys and explicit hash keys', async t => {
  const kinesis = await emulator(t)
  const sink = sinkOf(kinesis, module)
  const transformations = [collectionT(1, 'a', 'z', 'b'), sinkT(2, [1], { sink })]
  await run(t, graphOf(transformations, { configuration: pointedAt(kinesis) }))
  t.same(written(kinesis), [['table a: a', 'table b: b'], ['table z: z']])
})

t.test('a key_by before the sink does too, also where the sink has another parallelism', async t => {
  const keyBy = (v: string) => [`table ${v}`, v < 'm' ? FIRST : LAST]
  const locals = new Map([['key', keyBy]])
  for (const parallelism of [1, 3]) {
    const kinesis = await emulator(t)
    const transformations = [
      collectionT(1, 'a', 'z', 'b', 'y'),
      functionT(2, [1], { kind: 'key_by', function: { type: 'local', localId: 'key' }, output: 'text' }),
      sinkT(3, [2], { sink: sinkOf(kinesis, { type: 'key_by' }), parallelism }),
    ]
    await run(t, graphOf(transformations, { configuration: pointedAt(kinesis) }), locals)
    t.same(written(kinesis), [
      ['table a: a', 'table b: b'],
      ['table y: y', 'table z: z'],
    ])
  }
})

t.test('as a program says it', async t => {
  const kinesis = await emulator(t)
  const sink = KinesisStreamsSink.builder()
    .setStreamArn(kinesis.streamArn('out'))
    .setKinesisClientProperties(pointedAt(kinesis))
    .setSerializationSchema(new SimpleStringSchema())
    .setPartitionKeyGenerator((order: string) =>
      order === 'z' ? { partitionKey: 'last', explicitHashKey: LAST } : { partitionKey: order, explicitHashKey: FIRST },
    )
    .build()
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  env.fromCollection(['a', 'z']).sinkTo(sink)
  await env.execute()
  t.same(written(kinesis), [['a: a'], ['last: z']])
})

t.test('a module that has no such function is told', async t => {
  const kinesis = await emulator(t)
  const sink = sinkOf(kinesis, { ...module, export: 'nothing' })
  const { job } = jobOf(t, graphOf([collectionT(1, 'a'), sinkT(2, [1], { sink })]))
  await t.rejects(job.start(), { code: 'GRAPH_INVALID', message: /exports no function 'nothing'/ })
})
