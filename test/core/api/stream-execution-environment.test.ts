import t from 'tap'

import { Configuration } from '../../../core/foundation/config/configuration.ts'
import { AWSConfigOptions, KinesisSourceConfigOptions } from '../../../core/foundation/config/option-constants.ts'
import { SimpleStringSchema, ByteArraySchema } from '../../../core/api/schemas/schema.ts'
import { KinesisStreamsSink, PartitionKeyGenerator } from '../../../core/api/kinesis-streams-sink-builder.ts'
import { KinesisStreamsSource } from '../../../core/api/kinesis-streams-source-builder.ts'
import { StreamExecutionEnvironment } from '../../../core/api/stream-execution-environment.ts'
import { WatermarkStrategy } from '../../../core/api/watermark-strategy.ts'
import type { KinesisEmulator } from '../../../emulator/index.ts'
import { emulator, eventually, numbered, pointedAt, textsIn } from '../fakes/jobs.ts'

const environment = (configuration: Record<string, string> = {}, parallelism = 1): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment(configuration).setParallelism(parallelism)

const flights = (kinesis: KinesisEmulator, configuration: Record<string, string> = {}) =>
  KinesisStreamsSource.builder()
    .setStreamArn(kinesis.streamArn('flights'))
    .setSourceConfig({ ...pointedAt(kinesis), ...configuration })
    .setDeserializationSchema(new SimpleStringSchema())
    .build()

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const value of values) collected.push(value)
  return collected
}

t.test('a collection through functions, collected', async t => {
  const stream = environment()
    .fromCollection([1, 2, 3, 4])
    .map(n => n * 10)
    .filter(n => n > 10)
    .flatMap(n => [n, n + 1])
  t.same(await all(stream.executeAndCollect()), [20, 21, 30, 31, 40, 41])
})

t.test('collecting from several subtasks gives every value once, however slow the loop is', async t => {
  const values = Array.from({ length: 5000 }, (_, i) => i)
  const stream = environment({}, 4)
    .fromCollection(values)
    .setParallelism(1)
    .rebalance()
    .map(n => n)
    .setParallelism(4)
  const collected: number[] = []
  for await (const n of stream.executeAndCollect()) {
    collected.push(n)
    if (n % 500 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  t.same(
    collected.sort((a, b) => a - b),
    values,
  )
})

t.test("an operator takes the environment's parallelism, whatever its input has", async t => {
  const env = environment({}, 3)
  env
    .fromCollection(['a'])
    .setParallelism(1)
    .map(v => v)
    .map(v => v)
    .setParallelism(2)
    .filter(() => true)
  const job = await env.executeAsync('parallelism')
  const parallelism = Object.fromEntries(job.metrics().operators.map(o => [o.name, o.parallelism]))
  await job.result()
  t.same(parallelism, { 'Source: Collection Source': 1, Map: 2, Filter: 3, Discard: 3 })
})

t.test('leaving the loop early cancels the job', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(1000))
  const stream = environment().fromSource(flights(kinesis), WatermarkStrategy.noWatermarks(), 'flights')
  let count = 0
  for await (const text of stream.executeAndCollect()) {
    t.match(text, /^r\d+$/)
    if (++count === 3) break
  }
  await new Promise(resolve => setTimeout(resolve, 50))
  const before = kinesis.requests.count()
  await new Promise(resolve => setTimeout(resolve, 150))
  t.equal(kinesis.requests.count(), before)
})

t.test('a failure ends the loop with what it was, after what came before', async t => {
  const stream = environment()
    .fromCollection(Array.from({ length: 1500 }, (_, i) => i))
    .map(n => {
      if (n === 1400) throw new RangeError('too far')
      return n
    })
  let seen = 0
  await t.rejects(
    (async () => {
      for await (const _ of stream.executeAndCollect()) seen++
    })(),
    { code: 'FUNCTION_FAILED', message: /RangeError: too far/ },
  )
  t.ok(seen > 0 && seen < 1400, `saw ${seen}`)
})

t.test('Kinesis to Kinesis as a program says it', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(100))
  const sink = KinesisStreamsSink.builder()
    .setStreamArn(kinesis.streamArn('out'))
    .setKinesisClientProperties(pointedAt(kinesis))
    .setSerializationSchema(new SimpleStringSchema())
    .setPartitionKeyGenerator((v: string) => `key of ${v}`)
    .build()
  const env = environment({}, 2)
  env
    .fromSource(flights(kinesis, { 'shardline.source.stop-at': 'latest' }), WatermarkStrategy.noWatermarks(), 'flights')
    .map(v => v.toUpperCase())
    .sinkTo(sink)
  t.match(await env.execute('shout'), { state: 'FINISHED' })
  t.same(
    textsIn(kinesis, 'out').sort(),
    numbered(100, 'R')
      .map(r => r.data)
      .sort(),
  )
  const keys = kinesis.records('out').flatMap(s => s.records.map(r => r.partitionKey))
  t.ok(keys.every(k => k.startsWith('key of R')))
})

t.test('a stream that leads nowhere runs all the same', async t => {
  const seen: number[] = []
  const env = environment()
  env.fromCollection([1, 2, 3]).map(n => seen.push(n))
  t.match(await env.execute(), { state: 'FINISHED' })
  t.same(seen, [1, 2, 3])
})

t.test('an environment runs one job after the other, each with what was said since', async t => {
  const env = environment()
  env.fromCollection([1]).map(n => n)
  await env.execute('first')
  await t.rejects(env.execute('nothing was said'), { code: 'GRAPH_INVALID', message: /No operators defined/ })
  t.same(await all(env.fromCollection(['a']).executeAndCollect('second')), ['a'])
})

t.test('a running job can be watched and ended', async t => {
  const kinesis = await emulator(t)
  const env = environment()
  env.fromSource(flights(kinesis), WatermarkStrategy.noWatermarks(), 'flights').uid('src').name('other name')
  const states: string[] = []
  const job = await env.executeAsync('watched', { status: s => states.push(s.state) })
  t.equal(job.status.state, 'RUNNING')
  await eventually(() => job.metrics().shards.length === 2)
  t.match(job.metrics().operators[0], { operatorId: 'src', name: 'Source: other name' })
  await job.cancel('drain')
  t.same(states, ['RUNNING', 'CANCELLING', 'CANCELED'])
})

t.test('where checkpoints go is said when nobody chose the place', async t => {
  const warnings: string[] = []
  const env = environment({ 'execution.checkpointing.dir': t.testdir() }).enableCheckpointing(60_000)
  env.fromCollection([1]).map(n => n)
  const job = await env.executeAsync('quiet', { warning: w => warnings.push(w) })
  await job.result()
  t.same(warnings, [])
  t.match(job.checkpointDirectory, /quiet$/)
})

t.test('builders fail at the call, or at build', async t => {
  const source = KinesisStreamsSource.builder()
  t.throws(() => source.setStreamArn('flights'), { code: 'CONFIGURATION_INVALID' })
  t.throws(() => source.setSourceConfig({ 'source.init.position': 'EARLIEST' }), {
    message: /source.init.position: 'EARLIEST'/,
  })
  t.throws(() => source.build(), { message: /set a stream ARN with setStreamArn/ })
  source.setStreamArn('arn:aws:kinesis:us-east-1:123456789012:stream/s')
  t.throws(() => source.build(), { message: /set a schema with setDeserializationSchema/ })

  const sink = () => KinesisStreamsSink.builder().setStreamName('s').setSerializationSchema(new ByteArraySchema())
  t.throws(() => KinesisStreamsSink.builder().setSerializationSchema(new ByteArraySchema()).build(), {
    message: /setStreamArn or setStreamName/,
  })
  t.throws(() => KinesisStreamsSink.builder().setStreamName('s').build(), { message: /setSerializationSchema/ })
  t.throws(() => sink().setMaxBatchSize(501).build(), { message: /maxBatchSize \(501\)/ })
  t.throws(() => sink().setMaxBufferedRequests(500).build(), { message: /maxBufferedRequests/ })
  t.throws(() => sink().setStreamArn('x'), { code: 'CONFIGURATION_INVALID' })

  for (const parallelism of [0, -1, 1.5, 40_000])
    t.throws(() => environment().setParallelism(parallelism), { code: 'CONFIGURATION_INVALID' })
  t.throws(() => environment().fromCollection([1]).setParallelism(0), { code: 'CONFIGURATION_INVALID' })
})

t.test("a sink's description has Flink's defaults", async t => {
  const sink = KinesisStreamsSink.builder().setStreamName('s').setSerializationSchema(new SimpleStringSchema()).build()
  t.same(
    sink.toSpec(() => 'unused'),
    {
      type: 'kinesis-streams',
      streamArn: null,
      streamName: 's',
      configuration: {},
      serializationSchema: { type: 'simple-string', charset: 'UTF-8' },
      partitionKeyGenerator: { type: 'random' },
      deadLetters: null,
      failOnError: false,
      maxBatchSize: 500,
      maxInFlightRequests: 50,
      maxBufferedRequests: 10_000,
      maxBatchSizeInBytes: 5 * 1024 * 1024,
      maxTimeInBufferMs: 5000,
      maxRecordSizeInBytes: 1024 * 1024,
    },
  )
  const fixed = KinesisStreamsSink.builder()
    .setStreamName('s')
    .setSerializationSchema(new SimpleStringSchema())
    .setPartitionKeyGenerator(PartitionKeyGenerator.fixed())
    .build()
  t.match(
    fixed.toSpec(() => 'unused'),
    { partitionKeyGenerator: { type: 'fixed' } },
  )
})

t.test('a stream by its name, and shards given out as the program says', async t => {
  const kinesis = await emulator(t, { streams: { flights: 4 } })
  const records = numbered(200)
  kinesis.put('flights', records)
  const env = environment({}, 3)
  const lots: string[][] = []
  const source = KinesisStreamsSource.builder()
    .setStreamName('flights')
    .setKinesisShardAssigner((shard, { parallelism, assigned }) => {
      lots.push(assigned.map(list => list.join()))
      return Number(shard.shardId.slice(-1)) === 0 ? parallelism - 1 : 0
    })
    .setSourceConfig(
      new Configuration(pointedAt(kinesis))
        .set(AWSConfigOptions.AWS_REGION_OPTION, kinesis.region)
        .set(KinesisSourceConfigOptions.STREAM_INITIAL_POSITION, 'TRIM_HORIZON')
        .set(KinesisSourceConfigOptions.SHARD_DISCOVERY_INTERVAL, 500)
        .set(KinesisSourceConfigOptions.STOP_AT, 'latest'),
    )
    .setDeserializationSchema(new SimpleStringSchema())
    .build()
  const stream = env.fromSource(source, WatermarkStrategy.noWatermarks(), 'flights')
  t.same((await all(stream.executeAndCollect())).sort(), records.map(r => r.data).sort())
  t.same(lots.slice(0, 2), [
    ['', '', ''],
    ['', '', 'shardId-000000000000'],
  ])
})

t.test('typed options refuse what their keys would', async t => {
  const configuration = new Configuration()
  t.throws(() => configuration.set(KinesisSourceConfigOptions.READER_TYPE, 'PUSH'), { code: 'CONFIGURATION_INVALID' })
  t.same(configuration.set(KinesisSourceConfigOptions.SHARD_DISCOVERY_INTERVAL, 2000).toObject(), {
    'source.shard.discovery.interval': '2000 ms',
  })
  t.throws(() => KinesisStreamsSource.builder().setDeserializationSchema(new SimpleStringSchema()).build(), {
    message: /setStreamArn, or a name with setStreamName/,
  })
})
