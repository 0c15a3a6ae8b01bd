import t from 'tap'

import { CheckpointFailures } from '../../../core/checkpoint/checkpoint-failures.ts'
import { NO_CHECKPOINTS } from '../../../core/metrics/checkpoint-statistics.ts'
import { ManualClock } from '../fakes/manual-clock.ts'

t.test('failures in a row are counted until a checkpoint completes', async t => {
  const failures = new CheckpointFailures(new ManualClock(), () => undefined)
  t.same([failures.add(), failures.add()], [1, 2])
  failures.reset()
  t.equal(failures.add(), 1)
})

t.test('warnings come at most once a minute, and count the failures between them', async t => {
  const clock = new ManualClock()
  const warnings: string[] = []
  const failures = new CheckpointFailures(clock, message => warnings.push(message))
  const statistics = { ...NO_CHECKPOINTS, completed: 2, failed: 3, lastPath: 'chk-2' }
  failures.warn('First.', NO_CHECKPOINTS)
  failures.warn('Second.', statistics)
  clock.advance(60_000)
  failures.warn('Third.', statistics)
  t.same(warnings, [
    'First. 0 of 0 checkpoints have failed. None has completed yet.',
    'Third. 1 more have failed since the last warning. 3 of 5 checkpoints have failed. The newest complete one is chk-2.',
  ])
})
