import t from 'tap'

import { RestoreGate } from '../../../../core/connectors/async-sink/restore-gate.ts'

function pending() {
  let resolve = (): void => undefined
  let reject = (_: Error): void => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve: () => resolve(), reject: (e: Error) => reject(e) }
}

t.test('it is open where nobody holds it, and opens when the last one is through', async t => {
  const gate = new RestoreGate()
  const [a, b] = [pending(), pending()]
  gate.hold(0, null)
  t.ok(gate.isOpen)
  gate.hold(1, a.promise)
  gate.hold(2, b.promise)
  let opened = false
  const opening = gate.opened().then(() => (opened = true))
  a.resolve()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(opened, false)
  b.resolve()
  await opening
  t.ok(gate.isOpen)
})

t.test('a subtask that failed does not hold it, nor one of an earlier attempt', async t => {
  const gate = new RestoreGate()
  const [a, b] = [pending(), pending()]
  gate.hold(0, a.promise)
  a.reject(new Error('no'))
  await gate.opened()
  gate.hold(0, b.promise)
  t.equal(gate.isOpen, false)
  gate.hold(0, null)
  t.ok(gate.isOpen)
})
