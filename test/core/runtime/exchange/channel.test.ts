import t from 'tap'

import { Channel } from '../../../../core/runtime/exchange/channel.ts'
import type { StreamElement } from '../../../../core/runtime/exchange/stream-element.ts'
import { settle } from '../../fakes/manual-clock.ts'

const element = (checkpointId: number): StreamElement => ({ type: 'barrier', checkpointId })

t.test('elements come out in the order in which they went in', async t => {
  const channel = new Channel(4)
  for (const n of [1, 2, 3]) void channel.put(element(n))
  t.same(
    [channel.take(), channel.take(), channel.take(), channel.take()],
    [element(1), element(2), element(3), undefined],
  )
})

t.test('putting waits while the channel is full, until something is taken', async t => {
  const channel = new Channel(1)
  t.equal(channel.put(element(1)), undefined)
  let done = false
  void Promise.resolve(channel.put(element(2))).then(() => (done = true))
  await settle()
  t.equal(done, false)
  channel.take()
  await settle()
  t.equal(done, true)
})

t.test('two puts that wait at once both go on', async t => {
  const channel = new Channel(1)
  void channel.put(element(1))
  let gone = 0
  for (const n of [2, 3]) void Promise.resolve(channel.put(element(n))).then(() => gone++)
  await settle()
  t.equal(gone, 0)
  channel.take()
  channel.take()
  await settle()
  t.equal(gone, 2)
})

t.test('the reader is told of every element', async t => {
  const channel = new Channel(4)
  let told = 0
  channel.onReadable = () => told++
  void channel.put(element(1))
  void channel.put(element(2))
  t.equal(told, 2)
})

t.test('closing lets a waiting writer go, drops what is queued, and takes nothing more', async t => {
  const channel = new Channel(1)
  void channel.put(element(1))
  const waiting = channel.put(element(2))
  channel.close()
  await waiting
  t.equal(channel.put(element(3)), undefined)
  t.equal(channel.take(), undefined)
})
