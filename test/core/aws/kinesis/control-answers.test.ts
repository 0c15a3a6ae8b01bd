import t from 'tap'

import {
  toConsumerDescription,
  toShardDescription,
  toStreamSummary,
} from '../../../../core/aws/kinesis/control-answers.ts'

const summary = { StreamName: 'flights', StreamARN: 'arn', StreamStatus: 'ACTIVE', RetentionPeriodHours: 24 }
const shard = {
  ShardId: 'shardId-1',
  ParentShardId: 'shardId-0',
  HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
  SequenceNumberRange: { StartingSequenceNumber: '1' },
}

t.test('the summary of a stream must be of the stream that was asked for', async t => {
  t.same(toStreamSummary(summary, 'flights'), {
    streamName: 'flights',
    streamArn: 'arn',
    status: 'ACTIVE',
    creationTimeMs: 0,
    retentionMs: 86_400_000,
  })
  t.throws(() => toStreamSummary(summary, 'other'), { message: /another stream, flights/ })
})

t.test('an open shard has no ending sequence number', async t => {
  t.match(toShardDescription(shard, 0), {
    shardId: 'shardId-1',
    parentShardIds: ['shardId-0'],
    endingHashKey: '9',
    endingSequenceNumber: null,
  })
  t.throws(() => toShardDescription({ ...shard, HashKeyRange: {} }, 3), { message: /Shards\[3\]\.HashKeyRange\./ })
})

t.test('a consumer must be the one that was asked for', async t => {
  const consumer = { ConsumerName: 'me', ConsumerARN: 'arn', ConsumerStatus: 'ACTIVE' }
  t.match(toConsumerDescription(consumer, 'Consumer', 'me'), { consumerArn: 'arn', status: 'ACTIVE' })
  t.throws(() => toConsumerDescription(consumer, 'Consumer', 'you'), { message: /another consumer, me/ })
})
