import t from 'tap'

import { readSplits, writeSplits } from '../../../../core/source/split/split-state.ts'
import { splitOf } from '../../fakes/splits.ts'

const positions = [
  { type: 'TRIM_HORIZON' },
  { type: 'LATEST' },
  { type: 'AT_TIMESTAMP', timestampMs: 1769774400000 },
  { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '49590338271490256608559692538361571095921575989136588898' },
  { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '49590338271490256608559692538361571095921575989136588898' },
] as const

t.test("a reader's state is this document", async t => {
  const state = writeSplits([splitOf({ position: positions[4], parentShardIds: ['shardId-000000000007'] })])
  t.same(JSON.parse(JSON.stringify(state)), {
    type: 'kinesis-splits',
    version: 1,
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

t.test('state of another kind or version is refused, and the message says both', async t => {
  const state = writeSplits([])
  t.throws(() => readSplits({ ...state, type: 'collection' }), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /'collection' state of version 1 where a Kinesis source expects 'kinesis-splits' of version 1/,
  })
  t.throws(() => readSplits({ ...state, version: 2 }), { code: 'CHECKPOINT_UNREADABLE', message: /version 2/ })
})
