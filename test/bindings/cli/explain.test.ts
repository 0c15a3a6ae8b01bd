import t from 'tap'

import { explanation } from '../../../bindings/cli/explain.ts'
import type { ShardExplanation } from '../../../core/operators/source/explain.ts'
import { NO_LOSSES } from '../../../core/metrics/shard-metrics.ts'

const KEYS = 2n ** 128n

function shard(n: number, from: bigint, to: bigint, overrides: Partial<ShardExplanation> = {}): ShardExplanation {
  return {
    stream: 'orders',
    shardId: `shardId-${n}`,
    parentShardIds: [],
    startingHashKey: String((KEYS * from) / 4n),
    endingHashKey: String((KEYS * to) / 4n - 1n),
    status: 'ASSIGNED',
    subtask: 0,
    waitsFor: [],
    state: 'reading',
    reason: 'read by subtask 0 (fetching)',
    alarm: false,
    sequenceNumber: null,
    millisBehindLatest: -1,
    ...NO_LOSSES,
    ...overrides,
  }
}

t.test('children lie below their parents, and a merged shard below the first of them', async t => {
  const ended = {
    state: 'finished',
    status: 'FINISHED',
    subtask: null,
    reason: 'all of its records were emitted',
  } as const
  const shards = [
    shard(0, 0n, 2n, ended),
    shard(1, 2n, 4n, { sequenceNumber: '4'.repeat(56), millisBehindLatest: 120 }),
    shard(2, 0n, 1n, { ...ended, parentShardIds: ['shardId-0'] }),
    shard(3, 1n, 2n, { parentShardIds: ['shardId-0'] }),
    shard(4, 0n, 2n, {
      parentShardIds: ['shardId-2', 'shardId-3'],
      state: 'waiting',
      reason: 'waits for shardId-3 to be emitted',
    }),
    shard(5, 0n, 4n, { stream: 'adverts', parentShardIds: ['shardId-of-old'] }),
  ]
  t.equal(
    explanation(shards),
    `adverts: 1 reading
  shardId-5    0.0-100.0 %  read by subtask 0 (fetching), nothing read yet
orders: 2 reading, 1 waiting, 2 finished
  shardId-0        0.0- 50.0 %  all of its records were emitted
    shardId-2      0.0- 25.0 %  all of its records were emitted
      shardId-4    0.0- 50.0 %  waits for shardId-3 to be emitted (merged of shardId-2 and shardId-3)
    shardId-3     25.0- 50.0 %  read by subtask 0 (fetching), nothing read yet
  shardId-1       50.0-100.0 %  read by subtask 0 (fetching), 120 ms behind, at ..444444444444
`,
  )
})

t.test('alarms come first', async t => {
  const alarm = shard(0, 0n, 4n, { state: 'unread', alarm: true, reason: 'was given to no reader' })
  t.equal(
    explanation([alarm]),
    `ALARM: orders shardId-0 is not read: was given to no reader.
orders: 1 unread
  shardId-0    0.0-100.0 %  NOT READ: was given to no reader
`,
  )
  t.equal(explanation([]), 'It reads no shards.\n')
})

t.test('a stream that was resharded ten thousand times is shown too', async t => {
  const shards = Array.from({ length: 10_000 }, (_, n) =>
    shard(n, 0n, 4n, n === 0 ? {} : { parentShardIds: [`shardId-${n - 1}`] }),
  )
  t.equal(explanation(shards).split('\n').length, 10_002)
})

t.test('what was left out of a shard stands behind it', async t => {
  const text = explanation([
    shard(0, 0n, 4n, { droppedUserRecords: 1200, skippedRecords: 3, deadLetters: 4, expiredPositions: 1 }),
  ])
  t.match(
    text,
    /nothing read yet; 1,200 user records dropped with their aggregates, 3 unreadable records skipped, 4 unreadable records given to the dead letters, position past the retention \(1\)\n$/,
  )
})
