import t from 'tap'

import { decodeGetRecordsJson, decodeSubscriptionEvent } from '../../../../core/aws/kinesis/get-records-json.ts'

const body = (overrides: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      Records: [
        {
          Data: Buffer.from('zürich').toString('base64'),
          PartitionKey: 'k',
          SequenceNumber: '495',
          ApproximateArrivalTimestamp: 1.5,
        },
      ],
      MillisBehindLatest: 7,
      ...overrides,
    }),
  )

t.test('records are decoded into one slab', async t => {
  const { batch, nextShardIterator, millisBehindLatest } = decodeGetRecordsJson(body(), 'flights', 'shardId-0')
  t.equal(String(batch.value(0)), 'zürich')
  t.match(batch.positions!.at(0), { partitionKey: 'k', sequenceNumber: '495', shardId: 'shardId-0' })
  t.same([...batch.timestamp!], [1500])
  t.same([nextShardIterator, millisBehindLatest], [null, 7])
})

t.test('an event has a continuation, or none at the end of the shard', async t => {
  const continuation = (overrides: object) =>
    decodeSubscriptionEvent(body(overrides), 'flights', 'shardId-0').continuationSequenceNumber
  t.equal(continuation({ ContinuationSequenceNumber: '496' }), '496')
  t.equal(continuation({}), null)
  t.throws(() => continuation({ ContinuationSequenceNumber: 'x' }), { message: /ContinuationSequenceNumber/ })
})

t.test('a body without Records, and data that is not base64, are not valid', async t => {
  t.throws(() => decodeGetRecordsJson(body({ Records: undefined }), 's', 'x'), { message: /Records is missing/ })
  const Records = [{ Data: '!!!!', PartitionKey: 'k', SequenceNumber: '1' }]
  t.throws(() => decodeGetRecordsJson(body({ Records }), 's', 'x'), { message: /Records\[0\]\.Data is not base64/ })
})
