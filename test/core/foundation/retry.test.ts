import t from 'tap'

import { backoffMs, retrying } from '../../../core/foundation/retry.ts'
import { ManualClock } from '../fakes/manual-clock.ts'

t.test('pauses double up to their bound, and half of each is chance', async t => {
  for (const [attempt, delay] of [
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1000],
    [50, 1000],
  ] as const)
    for (let i = 0; i < 20; i++) {
      const pause = backoffMs(attempt, 100, 1000)
      t.ok(pause >= delay / 2 && pause <= delay, `${attempt}: ${pause}`)
    }
})

t.test('a call is made until it succeeds, and no more often than its error allows', async t => {
  const clock = new ManualClock()
  const failures: unknown[] = []
  const run = (fails: number, most: number): Promise<number> => {
    let calls = 0
    return retrying(
      async () => {
        if (++calls <= fails) throw new Error(`call ${calls}`)
        return calls
      },
      {
        clock,
        signal: new AbortController().signal,
        attemptsFor: () => most,
        onFailure: error => failures.push(error),
        retryMinDelayMs: 10,
        retryMaxDelayMs: 100,
        retryMaxAttempts: 10,
      },
    )
  }
  const third = run(2, Infinity)
  await clock.pass(1000, 10)
  t.equal(await third, 3)
  t.equal(failures.length, 2)
  const never = t.rejects(run(99, 4), { message: 'call 4' })
  await clock.pass(1000, 10)
  await never
  const bounded = t.rejects(run(99, Infinity), { message: 'call 10' })
  await clock.pass(2000, 10)
  await bounded
  await t.rejects(run(1, 1), { message: 'call 1' })
})
