import t from 'tap'

import { ShardQuota } from '../../../../../../core/connectors/kinesis/source/reader/shard-quota.ts'
import { ManualClock } from '../../../../fakes/manual-clock.ts'

const MIB = 1024 * 1024

t.test('calls are spaced by a fifth of a second, by more for a smaller share', async t => {
  for (const [share, waitMs] of [
    [1, 200],
    [0.5, 400],
  ] as const) {
    const clock = new ManualClock()
    const quota = new ShardQuota(clock, share, true)
    t.equal(quota.waitMs(), 0)
    quota.called()
    t.equal(quota.waitMs(), waitMs)
    clock.advance(waitMs)
    t.equal(quota.waitMs(), 0)
  }
})

t.test('a large answer is paid for at 2 MiB a second', async t => {
  const clock = new ManualClock()
  const quota = new ShardQuota(clock, 1, true)
  quota.called()
  quota.received(10, 10 * MIB)
  t.equal(quota.waitMs(), 4000)
  clock.advance(3000)
  t.equal(quota.waitMs(), 1000)
})

t.test('the limit follows the size of records, so that answers do not use up the seconds to come', async t => {
  const clock = new ManualClock()
  const quota = new ShardQuota(clock, 1, true)
  t.equal(quota.limit(10_000), 10_000)
  quota.received(1000, MIB)
  t.equal(quota.limit(10_000), 1000)
  t.equal(quota.limit(50), 50)
  clock.advance(60_000)
  t.equal(quota.limit(10_000), 2000)
  quota.received(1, 4 * MIB)
  t.equal(quota.limit(10_000), 1)
})

t.test('where quotas need not hold, the first throttle wakes them', async t => {
  const clock = new ManualClock()
  const quota = new ShardQuota(clock, 1, false)
  quota.called()
  quota.received(10, 10 * MIB)
  t.equal(quota.waitMs(), 0)
  t.equal(quota.limit(10_000), 10_000)
  quota.throttled()
  t.equal(quota.waitMs(), 200)
})
