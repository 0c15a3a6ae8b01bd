import t from 'tap'

import { cbor, emulator, iterator, json, shardId } from '../harness.ts'

t.test('DryRun checks a request, and carries nothing out', async t => {
  const kinesis = await emulator(t)
  const StreamName = 'flights'
  const { Consumer } = await json(kinesis, 'RegisterStreamConsumer', {
    StreamARN: kinesis.streamArn(StreamName),
    ConsumerName: 'app',
  })
  const ShardId = shardId(0)
  const StartingPosition = { Type: 'LATEST' }
  const right: Record<string, object> = {
    PutRecord: { StreamName, Data: Buffer.of(0), PartitionKey: 'k' },
    PutRecords: { StreamName, Records: [{ Data: Buffer.of(0), PartitionKey: 'k' }] },
    GetShardIterator: { StreamName, ShardId, ShardIteratorType: 'LATEST' },
    GetRecords: { ShardIterator: await iterator(kinesis) },
    SubscribeToShard: { ConsumerARN: Consumer.ConsumerARN, ShardId, StartingPosition },
  }
  const wrong: Record<string, object> = {
    PutRecord: { PartitionKey: '' },
    PutRecords: { Records: [] },
    GetShardIterator: { ShardIteratorType: 'X' },
    GetRecords: { Limit: 0 },
    SubscribeToShard: { StartingPosition: {} },
  }
  for (const [operation, input] of Object.entries(right)) {
    const dry = { ...input, DryRun: true }
    await t.rejects(cbor(kinesis, operation, dry), { name: 'DryRunOperationException', status: 400 })
    await t.rejects(cbor(kinesis, operation, { ...dry, ...wrong[operation] }), { name: 'ValidationException' })
    await t.rejects(cbor(kinesis, operation, { ...input, DryRun: 1 }), { name: 'SerializationException' })
  }
  t.equal(kinesis.recordCount(StreamName), 0)
  t.same(kinesis.subscriptions(), [])
})
