import t from 'tap'

import { Permits } from '../../../../../../core/connectors/kinesis/source/reader/permits.ts'
import { settle } from '../../../../fakes/manual-clock.ts'

const never = (): AbortSignal => new AbortController().signal

t.test('as many as there are go through, the rest in the order in which they came', async t => {
  const permits = new Permits(2)
  const order: string[] = []
  const first = await permits.acquire(never())
  await permits.acquire(never())
  for (const name of ['c', 'd'])
    void permits.acquire(never()).then(release => {
      order.push(name)
      release()
    })
  await settle()
  t.same(order, [])
  first()
  await settle()
  t.same(order, ['c', 'd'])
})

t.test('giving a permit back twice gives back one', async t => {
  const permits = new Permits(1)
  const release = await permits.acquire(never())
  release()
  release()
  await permits.acquire(never())
  let second = false
  void permits.acquire(never()).then(() => (second = true))
  await settle()
  t.equal(second, false)
})

t.test('who gives up waiting takes no permit with him', async t => {
  const permits = new Permits(1)
  const release = await permits.acquire(never())
  const controller = new AbortController()
  const waiting = permits.acquire(controller.signal)
  controller.abort(new Error('enough'))
  await t.rejects(waiting, { message: 'enough' })
  release()
  await permits.acquire(never())
  await t.rejects(permits.acquire(controller.signal), { message: 'enough' })
})
