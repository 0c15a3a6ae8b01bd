import t from 'tap'

import { Signal } from '../../../core/foundation/signal.ts'

const settled = async (promise: Promise<void>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>(resolve => setImmediate(resolve, false))])

t.test('a notification wakes everything that waits, in the order in which it began to wait', async t => {
  const signal = new Signal()
  const woken: string[] = []
  const both = Promise.all([signal.wait().then(() => woken.push('a')), signal.wait().then(() => woken.push('b'))])
  signal.notify()
  await both
  t.same(woken, ['a', 'b'])
})

t.test('a notification that nothing waits for is not stored', async t => {
  const signal = new Signal()
  signal.notify()
  const waiting = signal.wait()
  t.equal(await settled(waiting), false)
  signal.notify()
  t.equal(await settled(waiting), true)
})

t.test('a wait that begins after a notification is for the next one', async t => {
  const signal = new Signal()
  const first = signal.wait()
  signal.notify()
  const second = signal.wait()
  t.equal(await settled(first), true)
  t.equal(await settled(second), false)
  signal.notify()
  signal.notify()
  t.equal(await settled(second), true)
})

t.test('a renewed wait takes the place of the one before, which is collected', async t => {
  const signal = new Signal()
  const abandoned = signal.waitAnew()
  const renewed = signal.waitAnew()
  t.not(abandoned, renewed)
  signal.notify()
  t.equal(await settled(renewed), true)
  t.equal(await settled(abandoned), false)
})
