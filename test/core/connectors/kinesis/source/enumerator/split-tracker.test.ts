import t from 'tap'

import { SplitTracker } from '../../../../../../core/connectors/kinesis/source/enumerator/split-tracker.ts'
import { shardIdOf } from '../../../../fakes/fake-stream.ts'
import { splitOf } from '../../../../fakes/splits.ts'

const split = (n: number, ...parents: number[]) =>
  splitOf({ shardId: shardIdOf(n), splitId: shardIdOf(n), parentShardIds: parents.map(shardIdOf) })

const assignable = (tracker: SplitTracker): string[] => tracker.assignable().map(s => s.shardId)

t.test('a split without parents may start at once', async t => {
  const tracker = new SplitTracker(true)
  tracker.put(split(0), 'UNASSIGNED')
  t.same(assignable(tracker), [shardIdOf(0)])
  tracker.markAssigned(shardIdOf(0))
  t.same(assignable(tracker), [])
})

t.test('a child waits until every parent has finished', async t => {
  const tracker = new SplitTracker(true)
  tracker.put(split(0), 'ASSIGNED')
  tracker.put(split(1), 'UNASSIGNED')
  tracker.put(split(2, 0, 1), 'UNASSIGNED')
  t.same(assignable(tracker), [shardIdOf(1)])
  tracker.markFinished(shardIdOf(0))
  t.same(assignable(tracker), [shardIdOf(1)])
  tracker.markAssigned(shardIdOf(1))
  tracker.markFinished(shardIdOf(1))
  t.same(assignable(tracker), [shardIdOf(2)])
})

t.test('a parent that is not known any more holds nobody back', async t => {
  const tracker = new SplitTracker(true)
  tracker.put(split(5, 1, 2), 'UNASSIGNED')
  t.same(assignable(tracker), [shardIdOf(5)])
})

t.test('without shard order children do not wait', async t => {
  const tracker = new SplitTracker(false)
  tracker.put(split(0), 'ASSIGNED')
  tracker.put(split(1, 0), 'UNASSIGNED')
  t.same(assignable(tracker), [shardIdOf(1)])
})

t.test('splits come in the order of their ids, whatever the order in which they were found', async t => {
  const tracker = new SplitTracker(true)
  for (const n of [7, 2, 11, 0]) tracker.put(split(n), 'UNASSIGNED')
  t.same(assignable(tracker), [0, 2, 7, 11].map(shardIdOf))
  t.same(
    tracker.entries().map(e => e.split.shardId),
    [0, 2, 7, 11].map(shardIdOf),
  )
})

t.test('a finished split says so itself, and can be forgotten', async t => {
  const tracker = new SplitTracker(true)
  tracker.put(split(0), 'ASSIGNED')
  tracker.markFinished(shardIdOf(0))
  t.match(tracker.entries(), [{ status: 'FINISHED', split: { finished: true } }])
  t.same(tracker.finishedShards(), [shardIdOf(0)])
  tracker.forget(shardIdOf(0))
  t.notOk(tracker.has(shardIdOf(0)))
})

t.test('entries are copies: what is told later does not change them', async t => {
  const tracker = new SplitTracker(true)
  tracker.put(split(0), 'ASSIGNED')
  const before = tracker.entries()
  tracker.markFinished(shardIdOf(0))
  t.equal(before[0]?.status, 'ASSIGNED')
})

t.test('a shard that was never put is a mistake', async t => {
  t.throws(() => new SplitTracker(true).markFinished('shardId-x'), /shardId-x is not tracked/)
})
