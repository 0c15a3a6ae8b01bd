import t from 'tap'

import { BatchSender } from '../../../../core/connectors/async-sink/batch-sender.ts'
import type { BatchSenderOptions, Send } from '../../../../core/connectors/async-sink/batch-sender.ts'
import type { Rejection } from '../../../../core/connectors/async-sink/rejection.ts'
import { ServiceError } from '../../../../core/foundation/errors.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { invalid, named, throttled } from '../../fakes/sink-writing.ts'

const TIMEOUT_MS = 1000

function senderOf(send: Send, overrides: Partial<BatchSenderOptions> = {}) {
  const clock = new ManualClock()
  const rejections: Rejection[] = []
  const sender = new BatchSender(send, {
    clock,
    requestTimeoutMs: TIMEOUT_MS,
    failOnTimeout: false,
    sinkName: 'The sink to stream out',
    deliverRejected: async rejected => void rejections.push(...rejected),
    ...overrides,
  })
  return { sender, clock, rejections }
}

const runs = (names: string) => [runOf([...names].map(named))]
const namesOf = (sent: Parameters<Send>[0]): string =>
  entriesOf(sent)
    .map(e => e[1])
    .join('')

t.test('an answer is passed on as it is', async t => {
  const failed = [{ index: 1, errorCode: 'X', errorMessage: 'x' }]
  const { sender, clock } = senderOf(async () => ({ failed }))
  t.same(await sender.deliver(runs('abc')), { failed, replaced: new Map(), rejected: new Set(), rejections: [] })
  t.same(clock.armed, [], 'no timer is left')
})

t.test('a batch that is refused as a whole is halved until the entries at fault are alone', async t => {
  const sent: string[] = []
  const { sender, rejections } = senderOf(async part => {
    const names = namesOf(part)
    sent.push(names)
    if (/[be]/.test(names)) throw invalid()
    return { failed: [] }
  })
  const outcome = await sender.deliver(runs('abcdef'))
  t.same(sent, ['abcdef', 'abc', 'a', 'bc', 'b', 'c', 'def', 'd', 'ef', 'e', 'f'])
  t.same([...outcome.rejected], [1, 4])
  t.match(rejections, [
    { i: 1, errorCode: 'ValidationException', message: /too long/ },
    { i: 4, errorCode: 'ValidationException' },
  ])
})

t.test('indices of refused and replaced entries count over the whole batch when it was halved', async t => {
  const instead = runs('x')
  const { sender } = senderOf(async part => {
    const names = namesOf(part)
    if (names.includes('a')) throw invalid()
    const at = (name: string): number[] => (names.includes(name) ? [names.indexOf(name)] : [])
    return {
      failed: at('d').map(index => ({ index, errorCode: 'THROTTLED', errorMessage: '' })),
      replaced: new Map(at('c').map(index => [index, instead])),
    }
  })
  const { failed, replaced, rejected } = await sender.deliver(runs('abcd'))
  t.match(failed, [{ index: 3 }])
  t.same([...replaced], [[2, instead]])
  t.same([...rejected], [0])
})

t.test('the entries of a half that fails for now are to be sent again', async t => {
  const { sender } = senderOf(async part => {
    const names = namesOf(part)
    if (names.length === 4) throw invalid()
    if (names === 'cd') throw throttled()
    return { failed: [] }
  })
  const { failed, rejected } = await sender.deliver(runs('abcd'))
  t.match(failed, [
    { index: 2, errorCode: 'THROTTLED' },
    { index: 3, errorCode: 'THROTTLED' },
  ])
  t.same([...rejected], [])
})

t.test('an error that no entry can cause is thrown', async t => {
  const error = new ServiceError('ACCESS_DENIED', 'no permission')
  const { sender } = senderOf(() => Promise.reject(error))
  await t.rejects(sender.deliver(runs('ab')), error)
})

t.test('without a destination the first entry at fault is an error with its size', async t => {
  const { sender } = senderOf(() => Promise.reject(invalid()), { deliverRejected: null })
  await t.rejects(sender.deliver(runs('ab')), { code: 'VALIDATION_FAILED', message: /one record of 3 bytes .*alone/ })
})

t.test('a request without an answer is aborted and times out', async t => {
  let signal: AbortSignal | null = null
  const { sender, clock } = senderOf((_, s) => {
    signal = s
    return new Promise(() => undefined)
  })
  const delivered = sender.deliver(runs('ab'))
  await settle()
  clock.advance(TIMEOUT_MS)
  await t.rejects(delivered, { code: 'REQUEST_TIMED_OUT', retryable: true, message: /for 1000 ms/ })
  t.equal(signal!.aborted, true)
})

t.test('closing aborts the requests in flight', async t => {
  let signal: AbortSignal | null = null
  const { sender, clock } = senderOf((_, s) => {
    signal = s
    return new Promise(() => undefined)
  })
  void sender.deliver(runs('ab'))
  sender.close()
  t.equal(signal!.aborted, true)
  t.same(clock.armed, [])
})
