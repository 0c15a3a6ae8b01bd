import t from 'tap'

import { DeliveryTracker } from '../../../../core/connectors/async-sink/delivery-tracker.ts'
import { settle } from '../../fakes/manual-clock.ts'

function tracked() {
  const tracker = new DeliveryTracker()
  const done: string[] = []
  const ask = (name: string): void => void tracker.delivered().then(() => done.push(name))
  return { tracker, done, ask }
}

t.test('what was entered before is waited for, and nothing that is entered later', async t => {
  const { tracker, done, ask } = tracked()
  const first = tracker.enter(2, null)
  ask('first')
  const second = tracker.enter(1, null)
  first(1)
  await settle()
  t.same(done, [])
  first(1)
  await settle()
  t.same(done, ['first'])
  second(1)
})

t.test('acknowledgements may come in any order', async t => {
  const { tracker, done, ask } = tracked()
  const first = tracker.enter(1, null)
  ask('first')
  const second = tracker.enter(1, null)
  ask('second')
  second(1)
  await settle()
  t.same(done, [], 'the second stretch contains everything of the first')
  first(1)
  await settle()
  t.same(done, ['first', 'second'])
})

t.test('with nothing under way it resolves at once', async t => {
  const { tracker, done, ask } = tracked()
  tracker.enter(1, null)(1)
  ask('now')
  await settle()
  t.same(done, ['now'])
})

t.test('the acknowledgement goes on to the program that asked for it', async t => {
  const { tracker } = tracked()
  const acknowledged: number[] = []
  tracker.enter(3, n => acknowledged.push(n))(3)
  t.same(acknowledged, [3])
})
