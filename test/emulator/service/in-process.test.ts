import t from 'tap'

import { KinesisEmulator, VirtualClock } from '../../../emulator/index.ts'
import type { Decoded } from '../harness.ts'
import { shardId } from '../harness.ts'

const made = () => {
  const clock = new VirtualClock()
  return { clock, kinesis: KinesisEmulator.inProcess({ clock }) }
}

t.test('every operation of a life of a stream, without a socket', async t => {
  const { kinesis, clock } = made()
  await kinesis.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  const put: Decoded = await kinesis.call('PutRecords', {
    StreamName: 's',
    Records: [
      { Data: Buffer.from('a'), PartitionKey: 'k' },
      { Data: Buffer.from('b').toString('base64'), PartitionKey: 'ü' },
    ],
  })
  t.match(put, { FailedRecordCount: 0, Records: [{ ShardId: shardId(0) }, { ShardId: shardId(0) }] })
  clock.advance(10)
  await kinesis.call('PutRecord', { StreamName: 's', Data: Buffer.from('c'), PartitionKey: 'k' })
  const { ShardIterator }: Decoded = await kinesis.call('GetShardIterator', {
    StreamName: 's',
    ShardId: shardId(0),
    ShardIteratorType: 'AT_TIMESTAMP',
    Timestamp: new Date(clock.now() - 10),
  })
  await kinesis.call('SplitShard', {
    StreamName: 's',
    ShardToSplit: shardId(0),
    NewStartingHashKey: String(2n ** 127n),
  })
  const got: Decoded = await kinesis.call('GetRecords', { ShardIterator })
  t.same(
    got.Records.map((record: Decoded) => [String(record.Data), record.PartitionKey, record.SequenceNumber]),
    [
      ['a', 'k', put.Records[0].SequenceNumber],
      ['b', 'ü', put.Records[1].SequenceNumber],
      ['c', 'k', got.Records[2].SequenceNumber],
    ],
  )
  t.same(got.Records[2].ApproximateArrivalTimestamp, new Date(clock.now()))
  t.equal(got.NextShardIterator, undefined)
  t.same(
    got.ChildShards.map((child: Decoded) => child.ShardId),
    [shardId(1), shardId(2)],
  )
  await kinesis.call('MergeShards', { StreamName: 's', ShardToMerge: shardId(1), AdjacentShardToMerge: shardId(2) })
  const listed: Decoded = await kinesis.call('ListShards', { StreamName: 's' })
  t.equal(listed.Shards.length, 4)
  t.same(await kinesis.call('DeleteStream', { StreamName: 's' }), {})
})

t.test('errors, quotas, faults and the log are those of any client', async t => {
  const { kinesis, clock } = made()
  kinesis.createStream('s')
  await t.rejects(kinesis.call('DescribeStream', { StreamName: 'x' }), { code: 'ResourceNotFoundException' })
  await t.rejects(kinesis.call('Nonsense'), { code: 'UnknownOperationException' })
  await t.rejects(kinesis.call('PutRecords', { StreamName: 's', Records: [] }), { code: 'ValidationException' })
  kinesis.faults.inject({ operation: 'ListShards', fault: { kind: 'reset', when: 'before' } })
  await t.rejects(kinesis.call('ListShards', { StreamName: 's' }), { code: 'ECONNRESET' })
  kinesis.faults.inject({ operation: 'ListShards', fault: { kind: 'slow', delayMs: 100 } })
  const slow = kinesis.call('ListShards', { StreamName: 's' })
  clock.advance(100)
  await t.resolves(slow)
  const { ShardIterator }: Decoded = await kinesis.call('GetShardIterator', {
    StreamName: 's',
    ShardId: shardId(0),
    ShardIteratorType: 'LATEST',
  })
  for (let i = 0; i < 5; i++) await kinesis.call('GetRecords', { ShardIterator })
  await t.rejects(kinesis.call('GetRecords', { ShardIterator }), { code: 'ProvisionedThroughputExceededException' })
  t.match(kinesis.requests.recent('ListShards'), [
    { status: 0, fault: 'reset', httpVersion: 'none' },
    { status: 200, fault: 'slow' },
  ])
  t.throws(() => kinesis.endpoint, /has no port/)
  await t.resolves(kinesis.close())
})
