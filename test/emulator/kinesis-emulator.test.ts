import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { promisify } from 'node:util'

import { GetRecordsCommand, SubscribeToShardCommand } from '@aws-sdk/client-kinesis'
import fc from 'fast-check'
import t from 'tap'

import { KinesisEmulator, VirtualClock } from '../../emulator/index.ts'
import type { Decoded, ManualEmulator, Teardown } from './harness.ts'
import { cbor, client, emulator, json, shardId } from './harness.ts'

t.test('tells a client how to reach it', async t => {
  const kinesis = await emulator(t, { region: 'eu-central-1', accountId: '123456789012' })
  t.match(kinesis.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal(kinesis.endpoint, `http://127.0.0.1:${kinesis.port}`)
  t.equal(kinesis.streamArn('flights'), 'arn:aws:kinesis:eu-central-1:123456789012:stream/flights')
  t.match(kinesis.environment(), { AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint, AWS_REGION: 'eu-central-1' })
})

t.test('starts with the streams it is told to', async t => {
  const kinesis = await emulator(t, { streams: { a: 3, b: { shards: 2, retentionHours: 48 } } })
  t.equal(kinesis.records('a').length, 3)
  const { StreamDescriptionSummary: b } = await json(kinesis, 'DescribeStreamSummary', { StreamName: 'b' })
  t.match(b, { OpenShardCount: 2, RetentionPeriodHours: 48 })
  for (const streams of [{ 'a/b': 1 }, { a: 0 }, { a: 1.5 }]) {
    await t.rejects(KinesisEmulator.start({ streams }), { code: 'InvalidArgumentException' })
  }
})

t.test('puts and shows records from within the process, unthrottled', async t => {
  const kinesis = await emulator(t)
  const records = Array.from({ length: 1234 }, (_, i) => ({ data: `record ${i}`, partitionKey: `k${i}` }))
  const results = kinesis.put('flights', records)
  const [shard] = kinesis.records('flights')
  t.equal(shard?.open, true)
  t.same(
    shard?.records.map(({ text, partitionKey }) => ({ data: text, partitionKey })),
    records,
  )
  t.same(
    shard?.records.map(record => record.sequenceNumber),
    results.map(result => result.sequenceNumber),
  )
  t.equal(shard?.records[0]?.approximateArrivalMs, kinesis.clock.now())
  t.equal(kinesis.recordCount('flights'), 1234)
  t.throws(() => kinesis.put('flights', [{ data: '', partitionKey: '' }]), { code: 'ValidationException' })
  t.throws(() => kinesis.put('nope', [{ data: '', partitionKey: 'k' }]), { code: 'ResourceNotFoundException' })
})

t.test('splits and merges from within the process, at once', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 10_000 })
  t.same(kinesis.splitShard('flights', shardId(0)), [shardId(1), shardId(2)])
  t.equal(kinesis.mergeShards('flights', shardId(1), shardId(2)), shardId(3))
  t.same(kinesis.splitShard('flights', shardId(3), '1000'), [shardId(4), shardId(5)])
  t.same(
    kinesis
      .records('flights')
      .filter(shard => shard.open)
      .map(shard => shard.shardId),
    [shardId(4), shardId(5)],
  )
})

t.test('data past retention is gone, and closed shards with it', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', [{ data: 'old', partitionKey: 'k' }])
  kinesis.clock.advance(12 * 3_600_000)
  kinesis.put('flights', [{ data: 'young', partitionKey: 'k' }])
  kinesis.splitShard('flights', shardId(0))
  kinesis.clock.advance(12 * 3_600_000 + 1)
  t.same(
    kinesis.records('flights').flatMap(({ records }) => records.map(({ text }) => text)),
    ['young'],
  )
  kinesis.clock.advance(12 * 3_600_000)
  t.same(
    kinesis.records('flights').map(shard => shard.shardId),
    [shardId(1), shardId(2)],
  )
})

// The invariant that readers build on: parents before children, nothing lost, nothing twice, order kept a key.

type Step =
  | { readonly kind: 'put'; readonly keys: readonly number[] }
  | { readonly kind: 'split' | 'merge'; readonly pick: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), keys: fc.array(fc.nat(9), { minLength: 1, maxLength: 30 }) }),
  fc.record({ kind: fc.constantFrom('split' as const, 'merge' as const), pick: fc.nat(100) }),
)

t.test('following the lineage gives every record once, in order by key, through splits and merges', async t => {
  const kinesis = await emulator(t, { limits: false, clock: new VirtualClock(), streams: {} })
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const stream = `s${runs++}`
      kinesis.createStream(stream, 2)
      const written = await play(kinesis, stream, steps)
      t.strictSame(await follow(kinesis, stream), written)
      kinesis.deleteStream(stream)
    }),
    { numRuns: 30 },
  )
})

/** Does the steps; answers what each key should read as. */
async function play(kinesis: ManualEmulator, stream: string, steps: readonly Step[]): Promise<Map<string, string[]>> {
  const written = new Map<string, string[]>()
  let count = 0
  for (const step of steps) {
    if (step.kind === 'put') {
      const records = step.keys.map(key => ({ Data: Buffer.from(String(count++)), PartitionKey: `key-${key}` }))
      for (const { Data, PartitionKey } of records) {
        written.set(PartitionKey, [...(written.get(PartitionKey) ?? []), Data.toString()])
      }
      await cbor(kinesis, 'PutRecords', { StreamName: stream, Records: records })
      continue
    }
    const list = await json(kinesis, 'ListShards', { StreamName: stream, ShardFilter: { Type: 'AT_LATEST' } })
    const open = list.Shards.toSorted((a: Decoded, b: Decoded) =>
      BigInt(a.HashKeyRange.StartingHashKey) < BigInt(b.HashKeyRange.StartingHashKey) ? -1 : 1,
    )
    const at = step.pick % open.length
    if (step.kind === 'split') kinesis.splitShard(stream, open[at].ShardId)
    else if (at + 1 < open.length) kinesis.mergeShards(stream, open[at].ShardId, open[at + 1].ShardId)
  }
  return new Map([...written].sort())
}

/** Reads every shard from the horizon, children when all their parents have ended. */
async function follow(kinesis: ManualEmulator, stream: string): Promise<Map<string, string[]>> {
  const read = new Map<string, string[]>()
  const ended = new Set<string>()
  const { Shards: roots } = await json(kinesis, 'ListShards', {
    StreamName: stream,
    ShardFilter: { Type: 'AT_TRIM_HORIZON' },
  })
  const waiting: { ShardId: string; ParentShards: string[] }[] = roots
    .filter((shard: Decoded) => shard.ParentShardId === undefined)
    .map(({ ShardId }: { ShardId: string }) => ({ ShardId, ParentShards: [] }))
  const started = new Set<string>()
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (started.has(next.ShardId) || !next.ParentShards.every(parent => ended.has(parent))) continue
    started.add(next.ShardId)
    let { ShardIterator: at } = await json(kinesis, 'GetShardIterator', {
      StreamName: stream,
      ShardId: next.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    })
    while (at !== undefined) {
      const output = await cbor(kinesis, 'GetRecords', { ShardIterator: at, Limit: 7 })
      for (const { Data, PartitionKey } of output.Records) {
        read.set(PartitionKey, [...(read.get(PartitionKey) ?? []), Buffer.from(Data).toString()])
      }
      at = output.NextShardIterator
      if (at === undefined) {
        ended.add(next.ShardId)
        waiting.push(...output.ChildShards)
      } else if (output.MillisBehindLatest === 0) break
    }
  }
  return new Map([...read].sort())
}

t.test('a stream that is UPDATING takes no second reshard, from within the process neither', async t => {
  const clock = new VirtualClock()
  const kinesis = KinesisEmulator.inProcess({ streams: { flights: 2 }, clock, updateDelayMs: 1000 })
  await kinesis.call('MergeShards', {
    StreamName: 'flights',
    ShardToMerge: shardId(0),
    AdjacentShardToMerge: shardId(1),
  })
  t.throws(() => kinesis.splitShard('flights', shardId(0)), { code: 'ResourceInUseException' })
  t.throws(() => kinesis.mergeShards('flights', shardId(0), shardId(1)), { code: 'ResourceInUseException' })
  clock.advance(1000)
  t.same(kinesis.splitShard('flights', shardId(2)), [shardId(3), shardId(4)])
})

/** Every time in answers over HTTP of an emulator whose clock is `offMs` off the machine's. */
async function times(t: Teardown, offMs: number): Promise<[clock: VirtualClock, times: [string, number][]]> {
  const clock = new VirtualClock(Date.now() + offMs)
  const kinesis = await emulator(t, { clock, limits: false })
  const sdk = client(t, kinesis)
  const StreamName = 'flights'
  const StreamARN = kinesis.streamArn(StreamName)
  await json(kinesis, 'UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  const seen: [string, number][] = []
  const see = (what: string, time: Date | number | undefined): void => {
    seen.push([what, time instanceof Date ? time.getTime() : Math.round(Number(time) * 1000)])
  }
  for (const operation of ['DescribeStream', 'DescribeStreamSummary']) {
    const [description] = Object.values<Decoded>(await json(kinesis, operation, { StreamName }))
    see(operation, description.StreamCreationTimestamp)
  }
  see('ListStreams', (await json(kinesis, 'ListStreams', {})).StreamSummaries[0].StreamCreationTimestamp)
  const { Consumer } = await json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
  const { ConsumerARN } = Consumer
  see('RegisterStreamConsumer', Consumer.ConsumerCreationTimestamp)
  see('ConsumerARN', Math.floor(Number(String(ConsumerARN).split(':').at(-1))) + (clock.now() % 1000) / 1000)
  const queue = { QueueName: 'work', StreamConfigurationList: [{ StreamARN }] }
  see('CreateQueue', (await json(kinesis, 'CreateQueue', queue)).QueueDescription.QueueCreationTimestamp)
  const { EarliestAllowedEndAt } = (
    await json(kinesis, 'UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } })
  ).MinimumThroughputBillingCommitment
  see('UpdateAccountSettings', EarliestAllowedEndAt - 86_400)
  await json(kinesis, 'PutRecord', { StreamName, Data: 'AA==', PartitionKey: 'k' })
  const position = { StreamName, ShardId: shardId(0), ShardIteratorType: 'TRIM_HORIZON' }
  const { ShardIterator } = await json(kinesis, 'GetShardIterator', position)
  const fromCbor = await sdk.send(new GetRecordsCommand({ ShardIterator }))
  see('GetRecords in CBOR', fromCbor.Records?.[0]?.ApproximateArrivalTimestamp)
  const fromJson = await json(kinesis, 'GetRecords', { ShardIterator })
  see('GetRecords in JSON', fromJson.Records[0].ApproximateArrivalTimestamp)
  const { EventStream } = await sdk.send(
    new SubscribeToShardCommand({ ConsumerARN, ShardId: shardId(0), StartingPosition: { Type: 'TRIM_HORIZON' } }),
  )
  for await (const { SubscribeToShardEvent: event } of EventStream ?? []) {
    see('SubscribeToShard', event?.Records?.[0]?.ApproximateArrivalTimestamp)
    break
  }
  for (const { atMs } of kinesis.requests.recent()) see('the log of requests', new Date(atMs))
  return [clock, seen]
}

t.test('every time in an answer is that of the emulator’s clock, an hour ahead or behind the machine’s', async t => {
  for (const offMs of [3_600_000, -3_600_000]) {
    const [clock, seen] = await times(t, offMs)
    t.ok(seen.length > 20)
    t.same(
      seen.filter(([, ms]) => ms !== clock.now()),
      [],
    )
  }
})

t.test(
  'every time in a request is compared with the emulator’s clock, an hour ahead or behind the machine’s',
  async t => {
    for (const offMs of [3_600_000, -3_600_000]) {
      const clock = new VirtualClock(Date.now() + offMs)
      const kinesis = await emulator(t, { clock, limits: false })
      const position = { StreamName: 'flights', ShardId: shardId(0), ShardIteratorType: 'AT_TIMESTAMP' }
      const filter = (Timestamp: number) => ({
        StreamName: 'flights',
        ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp },
      })
      const now = clock.now() / 1000
      await t.resolves(json(kinesis, 'GetShardIterator', { ...position, Timestamp: now }))
      await t.resolves(json(kinesis, 'ListShards', filter(now)))
      const future = { name: 'InvalidArgumentException' }
      await t.rejects(json(kinesis, 'GetShardIterator', { ...position, Timestamp: now + 1 }), future)
      await t.rejects(json(kinesis, 'ListShards', filter(now + 1)), future)

      const { ShardIterator } = await json(kinesis, 'GetShardIterator', { ...position, Timestamp: now })
      await json(kinesis, 'PutRecord', { StreamName: 'flights', Data: 'AA==', PartitionKey: 'k' })
      clock.advance(300_000)
      const { MillisBehindLatest } = await json(kinesis, 'GetRecords', { ShardIterator, Limit: 1 })
      t.equal(MillisBehindLatest, 0)
      await json(kinesis, 'PutRecord', { StreamName: 'flights', Data: 'AA==', PartitionKey: 'k' })
      t.equal((await json(kinesis, 'GetRecords', { ShardIterator, Limit: 1 })).MillisBehindLatest, 1)
      clock.advance(1)
      await t.rejects(json(kinesis, 'GetRecords', { ShardIterator }), {
        name: 'ExpiredIteratorException',
        message: new RegExp(new Date(clock.now()).toISOString()),
      })
      clock.advance(24 * 3_600_000)
      await json(kinesis, 'DescribeStreamSummary', { StreamName: 'flights' })
      t.equal(kinesis.recordCount('flights'), 0)
    }
  },
)

t.test('closing ends what is under way, and another emulator starts on the same port', async t => {
  let port = 0
  for (let i = 0; i < 3; i++) {
    const kinesis = await KinesisEmulator.start({ streams: { flights: 1 }, port, limits: false })
    port = kinesis.port
    const StreamARN = kinesis.streamArn('flights')
    await json(kinesis, 'UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
    const { Consumer } = await json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
    const queue = { QueueName: 'work', StreamConfigurationList: [{ StreamARN }] }
    const { QueueDescription } = await json(kinesis, 'CreateQueue', queue)
    const StartingPosition = { Type: 'LATEST' }
    const subscribe = { ConsumerARN: Consumer.ConsumerARN, ShardId: shardId(0), StartingPosition }
    const ended = [
      json(kinesis, 'SubscribeToShard', subscribe),
      json(kinesis, 'ReceiveQueueRecords', { QueueARN: QueueDescription.QueueARN }),
    ].map(async request => t.rejects(request, { code: 'ECONNRESET' }))
    await kinesis.requests.waitFor('SubscribeToShard', 1)
    const half = connect(port, '127.0.0.1')
    half.on('error', () => undefined)
    half.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
    const gone = new Promise(resolve => half.once('close', resolve))
    await new Promise(resolve => half.once('connect', resolve))
    await kinesis.close()
    await kinesis.close()
    await Promise.all([...ended, gone])
    t.same(kinesis.subscriptions(), [])
  }
})

t.test('a program that has closed its emulator ends by itself', async t => {
  const module = new URL('../../emulator/index.js', import.meta.url).href
  const program = `
    const { KinesisEmulator } = await import(${JSON.stringify(module)})
    const kinesis = await KinesisEmulator.start({ streams: { flights: 1 } })
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.ListStreams' }
    const { status } = await fetch(kinesis.endpoint, { method: 'POST', headers, body: '{}' })
    await kinesis.close()
    console.log(status)`
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
  t.equal(stdout, '200\n')
})
