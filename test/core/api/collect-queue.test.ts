import t from 'tap'

import { CollectQueue } from '../../../core/api/collect-queue.ts'
import { settle } from '../fakes/manual-clock.ts'

t.test('a writer waits until the batch before his was taken, however many write', async t => {
  const queue = new CollectQueue<number>()
  const done: number[] = []
  for (const n of [1, 2, 3, 4]) void queue.put([n]).then(() => done.push(n))
  await settle()
  t.same(done, [1])
  const seen: number[] = []
  const reading = (async () => {
    for await (const n of queue) seen.push(n)
  })()
  await settle()
  t.same(seen.sort(), [1, 2, 3, 4])
  t.same(done.length, 4)
  queue.end()
  await reading
})

t.test('the end comes after what was put before it, and lets everybody go', async t => {
  const queue = new CollectQueue<number>()
  await queue.put([1, 2])
  const blocked = [queue.put([3]), queue.put([4])]
  queue.end()
  await Promise.all(blocked)
  const seen: number[] = []
  for await (const n of queue) seen.push(n)
  t.same(seen, [1, 2])
  await queue.put([5])
})

t.test('a failure comes after what was put before it', async t => {
  const queue = new CollectQueue<number>()
  await queue.put([1])
  queue.fail(new RangeError('no'))
  const seen: number[] = []
  await t.rejects(
    (async () => {
      for await (const n of queue) seen.push(n)
    })(),
    { message: 'no' },
  )
  t.same(seen, [1])
})
