import t from 'tap'

import { Alarm } from '../../../../core/operators/keyed-state/alarm.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'

function alarmOf() {
  const clock = new ManualClock(1000)
  const rung: number[] = []
  return { clock, rung, alarm: new Alarm(clock, () => rung.push(clock.now())) }
}

t.test('it rings once, at the instant that was set last', async t => {
  const { clock, rung, alarm } = alarmOf()
  alarm.set(1500)
  alarm.set(1200)
  alarm.set(1200)
  t.same(clock.armed, [200])
  clock.advance(1000)
  t.same(rung, [1200])
  alarm.set(2100)
  alarm.set(null)
  clock.advance(1000)
  t.same(rung, [1200])
})

t.test('what has passed rings at once, what never comes not at all', async t => {
  const { clock, rung, alarm } = alarmOf()
  alarm.set(1)
  clock.advance(0)
  t.same(rung, [1000])
  alarm.set(Infinity)
  t.same(clock.armed, [])
})

t.test('an instant that is farther away than a timer can wait', async t => {
  const { clock, rung, alarm } = alarmOf()
  alarm.set(1000 + 2 ** 32)
  t.same(clock.armed, [2 ** 31 - 1])
  clock.advance(2 ** 32 - 1)
  t.same(rung, [])
  clock.advance(1)
  t.same(rung, [1000 + 2 ** 32])
})
