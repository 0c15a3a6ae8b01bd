import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-kinesis'
import t from 'tap'

import { client, emulator, json, shardId } from '../harness.ts'

t.test('the stock client creates, describes, lists and deletes a stream', async t => {
  const kinesis = await emulator(t)
  const sdk = client(t, kinesis)
  await sdk.send(new CreateStreamCommand({ StreamName: 'trains', ShardCount: 2, Tags: { team: 'rail' } }))
  const { StreamDescriptionSummary: summary } = await sdk.send(
    new DescribeStreamSummaryCommand({ StreamName: 'trains' }),
  )
  t.match(summary, {
    StreamName: 'trains',
    StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/trains',
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: new Date(kinesis.clock.now()),
    OpenShardCount: 2,
    ConsumerCount: 0,
    MaxRecordSizeInKiB: 1024,
  })
  const { StreamDescription: stream } = await sdk.send(new DescribeStreamCommand({ StreamName: 'trains' }))
  t.same(
    stream?.Shards?.map(shard => [shard.ShardId, shard.HashKeyRange?.StartingHashKey]),
    [
      [shardId(0), '0'],
      [shardId(1), String(2n ** 127n)],
    ],
  )
  t.equal(stream?.HasMoreShards, false)
  t.match(await sdk.send(new ListStreamsCommand({})), { StreamNames: ['flights', 'trains'], HasMoreStreams: false })
  t.match(await sdk.send(new DescribeLimitsCommand({})), { OpenShardCount: 3, OnDemandStreamCount: 0 })
  await sdk.send(new DeleteStreamCommand({ StreamName: 'trains' }))
  await t.rejects(sdk.send(new DescribeStreamSummaryCommand({ StreamName: 'trains' })), {
    name: 'ResourceNotFoundException',
  })
})

t.test('an on-demand stream has four shards and can not be resharded by hand', async t => {
  const kinesis = await emulator(t)
  await json(kinesis, 'CreateStream', { StreamName: 'elastic', StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  const { StreamDescriptionSummary: summary } = await json(kinesis, 'DescribeStreamSummary', { StreamName: 'elastic' })
  t.match(summary, { OpenShardCount: 4, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  const merge = { StreamName: 'elastic', ShardToMerge: shardId(0), AdjacentShardToMerge: shardId(1) }
  await t.rejects(json(kinesis, 'MergeShards', merge), { name: 'ValidationException' })
})

t.test('creation is refused for a name in use, a missing or excessive shard count, a bad name', async t => {
  const kinesis = await emulator(t, { shardLimit: 3, limits: false })
  const create = async (input: object): Promise<unknown> => json(kinesis, 'CreateStream', input)
  await t.rejects(create({ StreamName: 'flights', ShardCount: 1 }), { name: 'ResourceInUseException' })
  await t.rejects(create({ StreamName: 'x' }), { name: 'InvalidArgumentException' })
  await t.rejects(create({ StreamName: 'x', ShardCount: 3 }), { name: 'LimitExceededException', message: /Limit: 3/ })
  await t.rejects(create({ StreamName: 'x', ShardCount: 0 }), { name: 'ValidationException' })
  await t.rejects(create({ StreamName: 'a/b', ShardCount: 1 }), { name: 'ValidationException' })
  await t.rejects(create({ StreamName: 'x', ShardCount: 1, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }), {
    name: 'InvalidArgumentException',
  })
})

t.test('a stream is CREATING, UPDATING and DELETING for as long as told', async t => {
  const delays = { createDelayMs: 100, updateDelayMs: 200, deleteDelayMs: 300 }
  const kinesis = await emulator(t, { ...delays, streams: {} })
  const status = async (): Promise<unknown> =>
    (await json(kinesis, 'DescribeStreamSummary', { StreamName: 's' })).StreamDescriptionSummary.StreamStatus
  await json(kinesis, 'CreateStream', { StreamName: 's', ShardCount: 2 })
  t.equal(await status(), 'CREATING')
  await t.rejects(json(kinesis, 'ListShards', { StreamName: 's' }), { name: 'ResourceInUseException' })
  const record = { StreamName: 's', Data: 'AA==', PartitionKey: 'k' }
  await t.rejects(json(kinesis, 'PutRecord', record), { name: 'ResourceNotFoundException' })
  kinesis.clock.advance(100)
  t.equal(await status(), 'ACTIVE')

  const merge = { StreamName: 's', ShardToMerge: shardId(0), AdjacentShardToMerge: shardId(1) }
  await json(kinesis, 'MergeShards', merge)
  t.equal(await status(), 'UPDATING')
  t.equal((await json(kinesis, 'ListShards', { StreamName: 's' })).Shards.length, 2)
  await t.resolves(json(kinesis, 'PutRecord', record))
  await t.rejects(json(kinesis, 'MergeShards', merge), { name: 'ResourceInUseException', message: /UPDATING/ })
  kinesis.clock.advance(200)
  t.equal(await status(), 'ACTIVE')
  t.equal((await json(kinesis, 'ListShards', { StreamName: 's' })).Shards.length, 3)

  await json(kinesis, 'DeleteStream', { StreamName: 's' })
  t.equal(await status(), 'DELETING')
  await t.rejects(json(kinesis, 'DeleteStream', { StreamName: 's' }), { name: 'ResourceInUseException' })
  kinesis.clock.advance(300)
  await t.rejects(status(), { name: 'ResourceNotFoundException' })
})

t.test('at most five streams are CREATING at once', async t => {
  const kinesis = await emulator(t, { createDelayMs: 10_000, streams: {} })
  for (let i = 0; i < 5; i++) kinesis.createStream(`s${i}`)
  t.throws(() => kinesis.createStream('s5'), { code: 'LimitExceededException' })
})

t.test('streams and shards are listed page by page', async t => {
  const kinesis = await emulator(t, { streams: { a: 5, b: 1, c: 1 } })
  const first = await json(kinesis, 'ListStreams', { Limit: 2 })
  t.same([first.StreamNames, first.HasMoreStreams], [['a', 'b'], true])
  t.same((await json(kinesis, 'ListStreams', { NextToken: first.NextToken })).StreamNames, ['c'])
  t.same((await json(kinesis, 'ListStreams', { ExclusiveStartStreamName: 'a' })).StreamNames, ['b', 'c'])
  await t.rejects(json(kinesis, 'ListStreams', { NextToken: 'AAAA' }), { name: 'InvalidArgumentException' })

  const page = async (after?: string) =>
    (await json(kinesis, 'DescribeStream', { StreamName: 'a', Limit: 3, ExclusiveStartShardId: after }))
      .StreamDescription
  const one = await page()
  t.same([one.Shards.length, one.HasMoreShards], [3, true])
  const two = await page(one.Shards[2].ShardId)
  t.same(
    [two.Shards.map((shard: { ShardId: string }) => shard.ShardId), two.HasMoreShards],
    [[shardId(3), shardId(4)], false],
  )
})

t.test('a recreated stream has another creation time, and iterators of the old one are dead', async t => {
  const kinesis = await emulator(t)
  const iterator = { StreamName: 'flights', ShardId: shardId(0), ShardIteratorType: 'LATEST' }
  const { ShardIterator: old } = await json(kinesis, 'GetShardIterator', iterator)
  const createdS = kinesis.clock.now() / 1000
  kinesis.deleteStream('flights')
  await t.rejects(json(kinesis, 'GetRecords', { ShardIterator: old }), { name: 'ResourceNotFoundException' })
  kinesis.clock.advance(1000)
  kinesis.createStream('flights')
  await t.rejects(json(kinesis, 'GetRecords', { ShardIterator: old }), { name: 'ResourceNotFoundException' })
  const list = async (created: number): Promise<unknown> =>
    json(kinesis, 'ListShards', { StreamName: 'flights', StreamCreationTimestamp: created })
  await t.resolves(list(createdS + 1))
  await t.rejects(list(createdS), { name: 'ResourceNotFoundException' })
})

t.test('retention is changed within 24 and 8760 hours, in the named direction', async t => {
  const kinesis = await emulator(t)
  const change = async (direction: string, hours: number): Promise<unknown> =>
    json(kinesis, `${direction}StreamRetentionPeriod`, { StreamName: 'flights', RetentionPeriodHours: hours })
  await change('Increase', 48)
  await t.rejects(change('Increase', 47), { name: 'InvalidArgumentException' })
  await t.rejects(change('Increase', 8761), { name: 'InvalidArgumentException' })
  await t.rejects(change('Decrease', 49), { name: 'InvalidArgumentException' })
  await t.rejects(change('Decrease', 23), { name: 'InvalidArgumentException' })
  kinesis.put('flights', [{ data: 'old', partitionKey: 'k' }])
  kinesis.clock.advance(30 * 3_600_000)
  t.equal(kinesis.recordCount('flights'), 1)
  await change('Decrease', 24)
  t.equal(kinesis.recordCount('flights'), 0)
  await change('Increase', 72)
  t.equal(kinesis.recordCount('flights'), 0)
})
