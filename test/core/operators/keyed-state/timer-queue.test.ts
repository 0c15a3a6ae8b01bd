import fc from 'fast-check'
import t from 'tap'

import { TimerQueue } from '../../../../core/operators/keyed-state/timer-queue.ts'

const timer = (timestampMs: number, key = 'k') => ({ timestampMs, key, keyGroup: 0 })

t.test('one timer for each key and time, and each fires once', async t => {
  const queue = new TimerQueue()
  for (const of of [timer(5), timer(5), timer(5, 'other'), timer(3)]) queue.register(of)
  t.equal(queue.size, 3)
  t.equal(queue.nextMs, 3)
  const fired = [queue.poll(5), queue.poll(5), queue.poll(5), queue.poll(5)]
  t.same(fired, [timer(3), timer(5), timer(5, 'other'), null])
  t.equal(queue.nextMs, null)
})

t.test('a timer that was deleted does not fire, unless it was registered again', async t => {
  const queue = new TimerQueue()
  queue.register(timer(5))
  queue.delete(timer(5))
  t.equal(queue.nextMs, null)
  queue.register(timer(5))
  queue.delete(timer(5))
  queue.register(timer(5))
  t.same([queue.poll(9), queue.poll(9)], [timer(5), null])
})

t.test('a timer that is moved with every record leaves nothing behind', async t => {
  const queue = new TimerQueue()
  for (let at = 1; at <= 100_000; at++) {
    queue.delete(timer(3_600_000 + at - 1))
    queue.register(timer(3_600_000 + at))
  }
  t.equal(queue.size, 1)
  t.ok(queue.kept < 1000, `${queue.kept} entries for one timer`)
  t.equal(queue.nextMs, 3_700_000)
})

t.test('it behaves as a sorted set, whatever is done to it', async t => {
  const step = fc.record({
    what: fc.constantFrom('register', 'delete', 'poll'),
    at: fc.nat({ max: 80 }),
    key: fc.constantFrom('a', 'b', 'c'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: 'max' }), steps => {
      const queue = new TimerQueue()
      const model = new Set<string>()
      for (const { what, at, key } of steps) {
        if (what === 'register') {
          queue.register(timer(at, key))
          model.add(`${at} ${key}`)
        } else if (what === 'delete') {
          queue.delete(timer(at, key))
          model.delete(`${at} ${key}`)
        } else {
          const due = queue.poll(at)
          const least = Math.min(...[...model].map(m => Number(m.split(' ')[0])))
          if (due === null) {
            if (least <= at) throw new Error('a timer was left')
          } else {
            if (due.timestampMs !== least) throw new Error(`${due.timestampMs} before ${least}`)
            if (!model.delete(`${due.timestampMs} ${due.key}`)) throw new Error('fired twice')
          }
        }
        if (queue.size !== model.size) throw new Error('another size')
      }
    }),
  )
  t.pass('held')
})
