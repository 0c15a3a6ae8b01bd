import t from 'tap'

import { RequestBackoff } from '../../../../core/connectors/async-sink/request-backoff.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'

function backoffOf(random = 1) {
  const clock = new ManualClock()
  let ends = 0
  const backoff = new RequestBackoff(
    clock,
    () => random,
    () => ends++,
  )
  return { clock, backoff, ends: () => ends }
}

t.test('pauses in a row double up to a bound, and a success makes them short again', async t => {
  const { clock, backoff, ends } = backoffOf()
  const pauses: number[] = []
  for (let i = 0; i < 9; i++) {
    backoff.pause()
    t.equal(backoff.active, true)
    pauses.push(...clock.armed)
    clock.advance(5000)
    t.equal(backoff.active, false)
  }
  t.same(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
  t.equal(ends(), 9)
  backoff.reset()
  backoff.pause()
  t.same(clock.armed, [50])
})

t.test('a failure during a pause does not make it longer', async t => {
  const { clock, backoff } = backoffOf(0.5)
  backoff.pause()
  backoff.pause()
  t.same(clock.armed, [25])
  clock.advance(25)
  backoff.pause()
  t.same(clock.armed, [50])
})

t.test('closing ends the pause without a call', async t => {
  const { clock, backoff, ends } = backoffOf()
  backoff.pause()
  backoff.close()
  clock.advance(5000)
  t.equal(ends(), 0)
})
