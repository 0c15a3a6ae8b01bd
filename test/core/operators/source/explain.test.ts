import t from 'tap'

import { explainShards } from '../../../../core/operators/source/explain.ts'
import { NO_LOSSES } from '../../../../core/metrics/shard-metrics.ts'
import type { KnownShard } from '../../../../core/operators/source.ts'
import type { ShardMetrics } from '../../../../core/metrics/shard-metrics.ts'
import { arnOf, shardIdOf } from '../../fakes/fake-stream.ts'

const NOW = Date.UTC(2026, 0, 31, 12)

const known = (n: number, overrides: Partial<KnownShard> = {}): KnownShard => ({
  stream: 'flights',
  shardId: shardIdOf(n),
  parentShardIds: [],
  startingHashKey: '0',
  endingHashKey: '1',
  status: 'ASSIGNED',
  subtask: 0,
  waitsFor: [],
  ...overrides,
})

const metrics = (n: number, overrides: Partial<ShardMetrics> = {}): ShardMetrics => ({
  stream: 'flights',
  streamArn: arnOf('flights'),
  shardId: shardIdOf(n),
  sequenceNumber: '42',
  millisBehindLatest: 17,
  records: 1,
  bytes: 1,
  finished: false,
  activity: 'fetching',
  trouble: null,
  lastAnswerAtMs: NOW,
  fetchIntervalMs: 250,
  throttles: 0,
  ...NO_LOSSES,
  ...overrides,
})

t.test('every shard is read, finished, or waits for parents that are named', async t => {
  const explained = explainShards(
    [
      known(0),
      known(1, { subtask: 1 }),
      known(2, { status: 'FINISHED', subtask: null }),
      known(3, { status: 'UNASSIGNED', subtask: null, waitsFor: [shardIdOf(0), shardIdOf(1)] }),
      known(4),
    ],
    [
      [metrics(0), metrics(4, { activity: 'ended' })],
      [metrics(1, { activity: 'retrying', trouble: 'GetRecords failed: slow down.' })],
    ],
    NOW + 29_999,
  )
  t.same(
    explained.map(e => [e.state, e.reason, e.millisBehindLatest]),
    [
      ['reading', 'read by subtask 0 (fetching)', 17],
      ['reading', 'read by subtask 1 (retrying), after a failure: GetRecords failed: slow down.', 17],
      ['finished', 'all of its records were emitted', -1],
      ['waiting', `waits for ${shardIdOf(0)} and ${shardIdOf(1)} to be emitted`, -1],
      ['stopped', 'was read up to where the source stops', 17],
    ],
  )
  t.notOk(explained.some(e => e.alarm))
})

t.test('what was left out of a shard is shown, finished or not', async t => {
  const lost = { ...NO_LOSSES, droppedUserRecords: 20, expiredPositions: 1 }
  const explained = explainShards(
    [known(0), known(1, { status: 'FINISHED' }), known(2, { status: 'FINISHED' })],
    [[metrics(0, lost), metrics(1, { skippedRecords: 3, deadLetters: 4 })]],
    NOW,
  )
  t.match(explained, [lost, { droppedUserRecords: 0, skippedRecords: 3, deadLetters: 4 }, NO_LOSSES])
})

t.test('a shard that nobody reads, and that waits for nothing, is an alarm', async t => {
  const explained = explainShards([known(0), known(1, { status: 'UNASSIGNED', subtask: null })], [[]], NOW)
  t.match(explained, [
    { state: 'unread', alarm: true, reason: 'its reader (subtask 0) does not have it' },
    { state: 'unread', alarm: true, reason: 'was given to no reader' },
  ])
})

t.test('a shard for which the service gives no answer is an alarm that says since when', async t => {
  const shards = [known(0), known(1), known(2), known(3)]
  const trouble = 'GetRecords on stream flights failed: cannot reach http://127.0.0.1:1.'
  const explained = explainShards(
    shards,
    [
      [
        metrics(0, { activity: 'retrying', trouble }),
        metrics(1),
        metrics(2, { activity: 'backpressured' }),
        metrics(3, { activity: 'fetching', lastAnswerAtMs: NOW + 40_000 }),
      ],
    ],
    NOW + 45_000,
  )
  t.same(
    explained.map(e => [e.state, e.alarm]),
    [
      ['reading', true],
      ['reading', true],
      ['reading', false],
      ['reading', false],
    ],
  )
  t.equal(
    explained[0]!.reason,
    'nothing was read for 45 s, since 2026-01-31T12:00:00.000Z (GetRecords on stream flights failed: cannot reach http://127.0.0.1:1)',
  )
  t.match(explained[1]!.reason, /since 2026-01-31T12:00:00.000Z \(fetching\)$/)
})
