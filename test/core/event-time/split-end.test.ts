import t from 'tap'

import { SplitEnd } from '../../../core/event-time/split-end.ts'

const counted = () => {
  const passed: string[] = []
  return { passed, end: new SplitEnd('s', () => passed.push('s')) }
}

t.test('an end that has no way on has passed', async t => {
  const { end, passed } = counted()
  end.fork(0)
  t.same(passed, ['s'])
})

t.test('an end has passed, once, when every copy of it has arrived, however often the copies were copied', async t => {
  const { end, passed } = counted()
  end.fork(2)
  end.fork(3) // one of the two: three and one are under way
  for (let i = 0; i < 3; i++) end.arrived()
  t.same(passed, [])
  end.arrived()
  t.same(passed, ['s'])
})
