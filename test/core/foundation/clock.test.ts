import t from 'tap'

import { systemClock } from '../../../core/foundation/clock.ts'

t.test('what is set for longer than a timer of Node can wait does not go off at once', async t => {
  let rang = 0
  const cancel = [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity].map(ms => systemClock.schedule(ms, () => rang++))
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(rang, 0)
  for (const c of cancel) c()
})
