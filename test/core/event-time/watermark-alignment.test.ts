import t from 'tap'

import { AlignmentGroup, alignSplits } from '../../../core/event-time/watermark-alignment.ts'

t.test('the slowest member counts, as long as it is there', async t => {
  const group = new AlignmentGroup()
  t.equal(group.leastMs, Infinity)
  const [slow, fast] = [{ alignedMs: 10 }, { alignedMs: 100 }]
  group.join(slow)
  group.join(fast)
  t.equal(group.leastMs, 10)
  slow.alignedMs = Infinity
  t.equal(group.leastMs, 100, 'who is idle does not')
  slow.alignedMs = 20
  group.leave(slow)
  t.equal(group.leastMs, 100)
})

t.test('splits that are too far ahead are paused once, and go on when they are not, or are gone', async t => {
  const paused = new Set<string>()
  const watermarks = new Map([
    ['a', 100],
    ['b', 101],
    ['c', 500],
  ])
  t.same(alignSplits(watermarks, 100, paused), { pause: ['b', 'c'], resume: [] })
  t.same(alignSplits(watermarks, 100, paused), { pause: [], resume: [] })
  watermarks.delete('c')
  t.same(alignSplits(watermarks, 200, paused), { pause: [], resume: ['b', 'c'] })
  t.same([...paused], [])
})
