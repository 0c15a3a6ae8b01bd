import { createHash } from 'node:crypto'

import { deaggregateSync } from 'aws-kinesis-agg'
import t from 'tap'
import type { Test } from 'tap'

import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import type { SchemaSpec } from '../../../../../schemas/contracts/schema-spec.ts'
import { deaggregate } from '../../../../../schemas/kpl/aggregated-record.ts'
import { RecordBatch } from '../../../../../core/foundation/record-batch/record-batch.ts'
import type { EntryRun } from '../../../../../core/aws/kinesis/put-records-codec.ts'
import type { AsyncSinkWriter } from '../../../../../core/connectors/async-sink/async-sink-writer.ts'
import { KinesisStreamsSinkConnector } from '../../../../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { RecordAggregator } from '../../../../../core/connectors/kinesis/sink/record-aggregator.ts'
import { hashOfKey, ShardMap } from '../../../../../core/connectors/kinesis/sink/shard-map.ts'
import type { SinkWriterContext } from '../../../../../core/operators/sink.ts'
import { systemClock } from '../../../../../core/foundation/clock.ts'
import { KinesisEmulator } from '../../../../../emulator/index.ts'
import { batchOf } from '../../../fakes/fake-stream.ts'
import { runOf } from '../../../fakes/fake-sink-stream.ts'
import { kinesisSinkSpec } from '../../../fakes/graphs.ts'
import { shardsOf } from '../../../fakes/hash-ranges.ts'
import { ManualClock } from '../../../fakes/manual-clock.ts'

const TEXT: SchemaSpec = { type: 'simple-string', charset: 'UTF-8' }

async function writing(
  t: Test,
  {
    shards = 4,
    options = {},
    limits = {},
    keyOf = (v: unknown): unknown => `key ${String(v).split(' ')[0]!}`,
    maxRecordSizeInBytes = 1024 * 1024,
    serializationSchema = TEXT,
  } = {},
) {
  const kinesis = await KinesisEmulator.start({ streams: { out: shards }, limits: false })
  t.teardown(() => kinesis.close())
  const spec = kinesisSinkSpec({
    streamArn: kinesis.streamArn('out'),
    partitionKeyGenerator: { type: 'local', localId: 'key' },
    maxRecordSizeInBytes,
    serializationSchema,
    ...limits,
    configuration: {
      'aws.endpoint': kinesis.endpoint,
      'aws.credentials.provider.basic.accesskeyid': 'a',
      'aws.credentials.provider.basic.secretkey': 'b',
      'sink.aggregation.enabled': 'true',
      ...options,
    },
  })
  const failures: unknown[] = []
  const sink = new KinesisStreamsSinkConnector(spec, new Configuration(), systemClock, { key: keyOf })
  const writerOf = (context: Partial<SinkWriterContext> = {}) => {
    const writer = sink.createWriter({
      subtask: 0,
      parallelism: 1,
      restored: [],
      fail: e => failures.push(e),
      ...context,
    })
    t.teardown(() => writer.close())
    return writer
  }
  return { kinesis, writerOf, failures }
}

const valuesOf = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${(from + i) % 50} ${from + i}`)

interface Stored {
  readonly shardId: string
  readonly data: Buffer
  readonly partitionKey: string
}

const stored = (kinesis: KinesisEmulator): Stored[] =>
  kinesis
    .records('out')
    .flatMap(({ shardId, records }) =>
      records.map(r => ({ shardId, data: Buffer.from(r.data), partitionKey: r.partitionKey })),
    )

/** By Amazon's own de-aggregator, which knows no shards. */
function theirs(records: readonly Stored[]): string[] {
  return records.flatMap(({ data, partitionKey }) => {
    const values: string[] = []
    deaggregateSync({ data: data.toString('base64'), partitionKey, sequenceNumber: '1' }, true, (error, users) => {
      if (error) throw error
      for (const u of users as { data: string }[]) values.push(Buffer.from(u.data, 'base64').toString())
    })
    return values
  })
}

/** By ours, with the range of each shard, as the consumer library does. */
async function ours(kinesis: KinesisEmulator, records: readonly Stored[]): Promise<string[]> {
  const { Shards } = (await kinesis.call('ListShards', { StreamName: 'out' })) as {
    Shards: { ShardId: string; HashKeyRange: { StartingHashKey: string; EndingHashKey: string } }[]
  }
  return records.flatMap(({ shardId, data, partitionKey }) => {
    const { HashKeyRange: r } = Shards.find(s => s.ShardId === shardId)!
    const batch = batchOf('out', shardId, [{ sequenceNumber: '1', partitionKey, data, arrivalMs: 0 }])
    const range = { starting: BigInt(r.StartingHashKey), ending: BigInt(r.EndingHashKey) }
    return deaggregate(batch, range).batch.values().map(String)
  })
}

const sorted = (values: readonly string[]): string[] => [...values].sort()

t.test("what is packed, Amazon's de-aggregator and ours unpack, each record in the shard of its own key", async t => {
  const { kinesis, writerOf, failures } = await writing(t)
  const writer = writerOf()
  const values = valuesOf(5000)
  for (let i = 0; i < 5000; i += 500) await writer.write(RecordBatch.pack('text', values.slice(i, i + 500)))
  await writer.finish()
  const records = stored(kinesis)
  t.ok(records.length < 30, `${records.length} records for 5000`)
  t.same(sorted(theirs(records)), sorted(values))
  t.same(sorted(await ours(kinesis, records)), sorted(values), 'none is in a shard where it does not belong')
  t.match(writer.metrics(), { records: 5000, errors: 0, retries: 0 })
  t.ok(records.every(r => r.data.length <= 51_200))
  t.same(new Set(records.map(r => r.partitionKey)), new Set(['a']), 'the outer key is the one of the library')
  t.same(failures, [])
})

t.test('explicit hash keys are kept, and say the shard', async t => {
  const top = 2n ** 128n - 1n
  const keyOf = (v: unknown): unknown => ({ partitionKey: 'same', explicitHashKey: Number(v) % 2 === 0 ? '0' : top })
  const { kinesis, writerOf } = await writing(t, { keyOf })
  const writer = writerOf()
  await writer.write(RecordBatch.pack('text', ['0', '1', '2', '3', '4']))
  await writer.finish()
  const records = stored(kinesis)
  t.same(
    records.map(r => [r.shardId, sorted(theirs([r]))]),
    [
      ['shardId-000000000000', ['0', '2', '4']],
      ['shardId-000000000003', ['1', '3']],
    ],
  )
  t.same(sorted(await ours(kinesis, records)), ['0', '1', '2', '3', '4'])
})

t.test('a single record goes as it is, with its own key; so does one that is too large', async t => {
  const { kinesis, writerOf } = await writing(t, { shards: 1, options: { 'sink.aggregation.max-size': '1000' } })
  const writer = writerOf()
  await writer.write(RecordBatch.pack('text', ['alone 1']))
  await writer.flush()
  await writer.write(RecordBatch.pack('text', ['small 1', `large ${'x'.repeat(2000)}`, 'small 2', 'small 3']))
  await writer.finish()
  t.same(
    stored(kinesis).map(r => [
      r.partitionKey,
      r.data.length > 1000 || r.data.toString('latin1').startsWith('\xf3') ? 'packed or large' : String(r.data),
    ]),
    [
      ['key alone', 'alone 1'],
      ['key small', 'small 1'],
      ['key large', 'packed or large'],
      ['a', 'packed or large'],
    ],
  )
})

t.test('an aggregate goes when it is full by count, or has waited', async t => {
  const { kinesis, writerOf } = await writing(t, {
    shards: 1,
    options: { 'sink.aggregation.max-count': '3', 'sink.aggregation.max-buffered-time': '20 ms' },
  })
  const writer = writerOf()
  await writer.write(RecordBatch.pack('text', ['1', '2', '3', '4', '5', '6', '7', '8']))
  for (let i = 0; i < 200 && theirs(stored(kinesis)).length < 8; i++)
    await new Promise(resolve => setTimeout(resolve, 10))
  t.same(
    stored(kinesis).map(r => theirs([r]).length),
    [3, 3, 2],
  )
})

t.test('an aggregate of one record at most is none', async t => {
  const { kinesis, writerOf } = await writing(t, { shards: 1, options: { 'sink.aggregation.max-count': '1' } })
  const writer = writerOf()
  await writer.write(RecordBatch.pack('text', ['1', '2', '3']))
  await writer.finish()
  t.same(
    stored(kinesis).map(r => r.data.toString()),
    ['1', '2', '3'],
  )
})

t.test('an aggregate is no larger than a record may be, its key included', async t => {
  const { kinesis, writerOf } = await writing(t, {
    shards: 1,
    options: { 'sink.aggregation.max-size': '1000' },
    maxRecordSizeInBytes: 500,
  })
  const writer = writerOf()
  await writer.write(RecordBatch.pack('text', valuesOf(300)))
  await writer.finish()
  const sizes = stored(kinesis).map(r => r.data.length + r.partitionKey.length)
  t.ok(Math.max(...sizes) <= 500, `the largest has ${Math.max(...sizes)} bytes`)
  t.same(sorted(theirs(stored(kinesis))), sorted(valuesOf(300)))
})

t.test('a value that only looks like an aggregate is a value, also where it strays', async t => {
  const serializationSchema = { type: 'byte-array' } as const
  const { kinesis, writerOf, failures } = await writing(t, { shards: 1, serializationSchema })
  const aggregate = (...message: number[]): Buffer => {
    const body = Buffer.from(message)
    return Buffer.concat([Buffer.from('f3899ac2', 'hex'), body, createHash('md5').update(body).digest()])
  }
  const writer = writerOf()
  const values = [
    aggregate(0x1a, 0x04, 0x08, 0x07, 0x1a, 0x00), // a record whose key is not in the table
    aggregate(0x0a, 0x01, 0x6b), // a key, and no record
    aggregate(0x0a, 0x01, 0x6b, 0x12, 0x01, 0x78, 0x1a, 0x06, 0x08, 0x00, 0x10, 0x00, 0x1a, 0x00), // a hash key 'x'
  ]
  await writer.write(RecordBatch.pack('bytes', [Buffer.from('first')]))
  await writer.flush()
  kinesis.splitShard('out', 'shardId-000000000000')
  for (const value of values) {
    await writer.write(RecordBatch.pack('bytes', [value]))
    await writer.flush()
  }
  t.same(failures, [])
  t.same(
    new Set(stored(kinesis).map(r => r.data.toString('hex'))),
    new Set([Buffer.from('first'), ...values].map(v => v.toString('hex'))),
  )
})

t.test('a snapshot holds what waited to be packed, and it is written after a restore', async t => {
  const { kinesis, writerOf } = await writing(t, { options: { 'sink.aggregation.max-buffered-time': '1 h' } })
  const spec = valuesOf(100)
  const first = writerOf()
  kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
  await first.write(RecordBatch.pack('text', spec))
  const state = await first.snapshot()
  first.close()
  kinesis.faults.clear()
  const second = writerOf({ restored: [state!] })
  await second.finish()
  t.same(sorted(theirs(stored(kinesis))), sorted(spec))
  t.match(second.metrics(), { records: 100 })
})

t.test('a snapshot does not wait for room while the service takes nothing', async t => {
  const { kinesis, writerOf } = await writing(t, {
    limits: { maxBatchSize: 1, maxBufferedRequests: 2, maxInFlightRequests: 1 },
    options: { 'sink.aggregation.max-buffered-time': '1 h' },
  })
  kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
  const values = valuesOf(100)
  const first = writerOf()
  await first.write(RecordBatch.pack('text', values))
  const state = await first.snapshot()
  t.match(state!.json, { entries: 4 })
  first.close()
  kinesis.faults.clear()
  const second = writerOf({ restored: [state!] })
  await second.finish()
  t.same(sorted(theirs(stored(kinesis))), sorted(values))
})

t.test('after a reshard the records that strayed are packed anew and sent again: readers see each once', async t => {
  const { kinesis, writerOf, failures } = await writing(t, { shards: 2 })
  const writer = writerOf()
  let acknowledged = 0
  const before = valuesOf(300)
  await writer.write(RecordBatch.pack('text', before), n => (acknowledged += n))
  await writer.flush()
  kinesis.splitShard('out', 'shardId-000000000000')
  kinesis.splitShard('out', 'shardId-000000000001')
  const after = valuesOf(300, 300)
  await writer.write(RecordBatch.pack('text', after), n => (acknowledged += n))
  await writer.flush()
  const records = stored(kinesis)
  t.same(sorted(await ours(kinesis, records)), sorted([...before, ...after]))
  t.ok(theirs(records).length > 600, 'some were written twice, the first time where nobody takes them')
  t.match(writer.metrics(), { records: 600 })
  t.equal(acknowledged, 600)
  const count = theirs(records).length
  await writer.write(RecordBatch.pack('text', valuesOf(300, 600)))
  await writer.finish()
  t.equal(theirs(stored(kinesis)).length, count + 300, 'from then on the new shards are known')
  t.same(failures, [])
})

t.test(
  'an aggregate of before a reshard is packed anew also where the new shards are known when it is answered',
  async t => {
    const { kinesis, writerOf } = await writing(t, { shards: 1 })
    const first = writerOf()
    kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
    await first.write(RecordBatch.pack('text', valuesOf(100)))
    const state = await first.snapshot()
    first.close()
    kinesis.faults.clear()
    kinesis.splitShard('out', 'shardId-000000000000')
    const second = writerOf({ restored: [state!] })
    await second.write(RecordBatch.pack('text', valuesOf(100, 100)))
    await second.finish()
    t.same(sorted(await ours(kinesis, stored(kinesis))), sorted(valuesOf(200)))
  },
)

t.test('what was written is not sent again because the shards cannot be asked for just now', async t => {
  const { kinesis, writerOf, failures } = await writing(t, { shards: 2 })
  const writer = writerOf()
  await writer.write(RecordBatch.pack('text', valuesOf(300)))
  await writer.flush()
  kinesis.splitShard('out', 'shardId-000000000000')
  kinesis.faults.inject({ operation: 'ListShards', times: 4, fault: { kind: 'error' } })
  await writer.write(RecordBatch.pack('text', valuesOf(300, 300)))
  await writer.finish()
  t.same(sorted(await ours(kinesis, stored(kinesis))), sorted(valuesOf(600)))
  t.ok(kinesis.requests.count('ListShards') > 4)
  t.match(writer.metrics(), { records: 600, errors: 0 })
  t.same(failures, [])
})

t.test('a list of shards that is older than the reshard is asked for again before anything is sent twice', async t => {
  const lists = [shardsOf(1), shardsOf(1)]
  const after = shardsOf(2).map(s => ({ ...s, shardId: `${s.shardId}-child` }))
  const map = new ShardMap(async () => lists.shift() ?? after)
  const entries: EntryRun[] = []
  const writer = { append: (run: EntryRun) => void entries.push(run) } as unknown as AsyncSinkWriter
  const options = { maxSize: 51_200, maxCount: 1000, maxBufferedTimeMs: 100 }
  const aggregator = new RecordAggregator(map, writer, new ManualClock(), options)
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`).filter(k => hashOfKey(Buffer.from(k)) < '8')
  await aggregator.write(runOf(keys.map(key => [key, 'x'])))
  aggregator.flush()
  const { replaced } = await aggregator.check(entries, { failed: [], shardIds: [after[0]!.shardId] })
  t.equal(replaced!.size, 0)
  aggregator.close()
})

t.test('aggregation and the order of keys exclude each other', async t => {
  const spec = kinesisSinkSpec({
    configuration: { 'sink.aggregation.enabled': 'true', 'sink.ordering': 'PARTITION_KEY' },
  })
  t.throws(() => new KinesisStreamsSinkConnector(spec, new Configuration(), systemClock), {
    code: 'CONFIGURATION_INVALID',
    message: /exclude each other/,
  })
})
