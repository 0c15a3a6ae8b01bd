import t from 'tap'

import { readSplits, writeSplits } from '../../../../../../core/connectors/kinesis/source/split/split-state.ts'
import { splitOf } from '../../../../fakes/splits.ts'

const positions = [
  { type: 'TRIM_HORIZON' },
  { type: 'LATEST' },
  { type: 'AT_TIMESTAMP', timestampMs: 1769774400000 },
  { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '49590338271490256608559692538361571095921575989136588898' },
  { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '49590338271490256608559692538361571095921575989136588898' },
  {
    type: 'WITHIN_AGGREGATE',
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    subSequenceNumber: 3,
  },
] as const

t.test("a reader's state is this document", async t => {
  const state = writeSplits([
    splitOf({
      position: positions[4],
      parentShardIds: ['shardId-000000000007'],
      continuationSequenceNumber: '49590338271490256608559692538361571095921575989136588899',
      lastArrivalMs: 1769774400000,
    }),
  ])
  t.same(JSON.parse(JSON.stringify(state)), {
    type: 'kinesis-splits',
    version: 2,
    json: {
      splits: [
        {
          splitId: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/shardId-000000000000',
          streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights',
          shardId: 'shardId-000000000000',
          parentShardIds: ['shardId-000000000007'],
          startingHashKey: '0',
          endingHashKey: '340282366920938463463374607431768211455',
          position: {
            type: 'AFTER_SEQUENCE_NUMBER',
            sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
          },
          continuationSequenceNumber: '49590338271490256608559692538361571095921575989136588899',
          lastArrivalMs: 1769774400000,
          finished: false,
        },
      ],
    },
    bytes: null,
  })
})

t.test('every kind of position survives', async t => {
  const splits = positions.map(position => splitOf({ position }))
  const carried = JSON.parse(JSON.stringify(writeSplits(splits))) as ReturnType<typeof writeSplits>
  t.same(readSplits(carried), splits)
})

t.test('version 1 knew neither continuations nor arrivals', async t => {
  const { continuationSequenceNumber: _c, lastArrivalMs: _l, ...old } = splitOf({ position: positions[4] })
  const state = { type: 'kinesis-splits', version: 1, json: { splits: [old] }, bytes: null }
  t.same(readSplits(state), [{ ...old, continuationSequenceNumber: null, lastArrivalMs: null }])
})

t.test('state of another kind or version is refused, and the message says both', async t => {
  const state = writeSplits([])
  t.throws(() => readSplits({ ...state, type: 'collection' }), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /'collection' state of version 2 where a Kinesis source expects 'kinesis-splits' of version 2 or 1/,
  })
  t.throws(() => readSplits({ ...state, version: 3 }), { code: 'CHECKPOINT_UNREADABLE', message: /version 3/ })
})
