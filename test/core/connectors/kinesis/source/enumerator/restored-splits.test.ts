import t from 'tap'

import { writeEnumeratorState } from '../../../../../../core/connectors/kinesis/source/enumerator/enumerator-state.ts'
import {
  checkSameStream,
  mayHaveExpired,
  missedRecordsWarning,
  restoredSplits,
} from '../../../../../../core/connectors/kinesis/source/enumerator/restored-splits.ts'
import { writeSplits } from '../../../../../../core/connectors/kinesis/source/split/split-state.ts'
import { arnOf, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { splitOf } from '../../../../fakes/splits.ts'

const HOUR_MS = 3_600_000
const summary = {
  streamName: 'flights',
  streamArn: arnOf('flights'),
  status: 'ACTIVE',
  creationTimeMs: 10 * HOUR_MS,
  retentionMs: 24 * HOUR_MS,
}
const stateOf = (overrides: object = {}) =>
  writeEnumeratorState({ streamArn: summary.streamArn, creationTimeMs: 10 * HOUR_MS, shards: [], ...overrides })

t.test("a reader's state replaces the enumerator's", async t => {
  const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '7' } as const
  const shards = [
    { split: splitOf({ shardId: shardIdOf(0) }), status: 'ASSIGNED' as const },
    { split: splitOf({ shardId: shardIdOf(1) }), status: 'FINISHED' as const },
  ]
  const splits = restoredSplits({
    enumerator: stateOf({ shards }),
    readers: [writeSplits([splitOf({ shardId: shardIdOf(0), position }), splitOf({ shardId: shardIdOf(2) })])],
  })
  t.match(
    [...splits.values()],
    [
      { shardId: shardIdOf(0), position, finished: false },
      { shardId: shardIdOf(1), finished: true },
      { shardId: shardIdOf(2), finished: false },
    ],
  )
})

t.test('positions of another stream, or of one that was recreated, are an error', async t => {
  const check = (overrides: object) => () => checkSameStream({ enumerator: stateOf(overrides), readers: [] }, summary)
  t.doesNotThrow(check({}))
  t.doesNotThrow(check({ creationTimeMs: 10 * HOUR_MS + 900 }), 'some endpoints round creation times')
  t.doesNotThrow(check({ creationTimeMs: 0 }), 'the creation time is not known')
  t.throws(check({ streamArn: arnOf('other') }), { code: 'CHECKPOINT_UNREADABLE' })
  t.throws(check({ creationTimeMs: 0.5 * HOUR_MS }), { code: 'STREAM_RECREATED' })
})

t.test('records may have expired when the last arrival is older than the retention', async t => {
  const split = splitOf({ lastArrivalMs: 100 * HOUR_MS })
  t.equal(mayHaveExpired(split, summary, 124 * HOUR_MS), false)
  t.equal(mayHaveExpired(split, summary, 124 * HOUR_MS + 1), true)
  t.equal(mayHaveExpired(splitOf(), summary, 124 * HOUR_MS), false, 'nothing was emitted yet')
  t.equal(mayHaveExpired(split, { ...summary, retentionMs: null }, 999 * HOUR_MS), false)
})

t.test('the warning names a few shards and counts the others', async t => {
  const splits = Array.from({ length: 8 }, (_, i) =>
    splitOf({ shardId: shardIdOf(7 - i), lastArrivalMs: i === 7 ? 0 : null }),
  )
  t.match(
    missedRecordsWarning(splits, summary),
    /keeps records for 24 hours, .* in shardId-0+ \(after 1970-01-01T00:00:00\.000Z\), shardId-0+1, .*shardId-0+4 and 3 more\./,
  )
})
