import t from 'tap'
import { ServiceError } from '../../../../core/foundation/errors.ts'
import { AsyncSinkWriter } from '../../../../core/connectors/async-sink/async-sink-writer.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { invalid, named, optionsOf, serve, throttled, writing } from '../../fakes/sink-writing.ts'

t.test(
  'a batch that is refused as a whole is halved until those at fault stand alone, and they alone are dead letters',
  async t => {
    const buried: [string, string][] = []
    const w = writing(
      { maxBatchSize: 8, maxBufferedRequests: 20 },
      {
        deliverRejected: async rejections => {
          for (const { run, i, errorCode } of rejections)
            buried.push([entriesOf([{ ...run, from: i, to: i + 1 }])[0]![1], errorCode])
        },
      },
    )
    const acknowledged: number[] = []
    const run = runOf([...'abcdefgh'].map(named))
    await w.writer.write({ ...run, onAcknowledged: n => acknowledged.push(n) })
    await serve(w, ['c', 'h'])
    t.same(buried, [
      ['c', 'ValidationException'],
      ['h', 'ValidationException'],
    ])
    t.same(
      w.stream.written
        .map(e => e[1])
        .sort()
        .join(''),
      'abdefg',
    )
    t.match(w.writer.metrics(), {
      records: 6,
      deadLetters: 2,
      errors: 2,
      errorsByCode: { ValidationException: 2 },
      inFlightRequests: 0,
      bufferedEntries: 0,
    })
    t.equal(
      acknowledged.reduce((a, b) => a + b, 0),
      8,
    )
    t.same(w.failures, [])
    w.writer.close()
  },
)

t.test(
  'without dead letters an entry at fault fails the writer, and the error names the record and its origin',
  async t => {
    const w = writing()
    await w.write('a', 'b', 'c', 'd')
    await serve(w, ['b'])
    t.match(w.failures, [
      {
        code: 'VALIDATION_FAILED',
        message: /too long\. The service refuses one record of 3 bytes even when it is sent alone\..*dead letter/,
      },
    ])
    t.equal(w.failures.length, 1)
    w.writer.close()
  },
)

t.test('a snapshot waits until the dead letters are stored', async t => {
  let safe = (): void => undefined
  const w = writing({}, { deliverRejected: () => new Promise(resolve => (safe = resolve)) })
  await w.write('a', 'b', 'c', 'd')
  await serve(w, ['d'], 10)
  let done = false
  const snapshot = w.writer.snapshot().then(() => (done = true))
  await settle()
  t.equal(done, false)
  safe()
  await snapshot
  w.writer.close()
})

t.test('a failure to store dead letters fails the writer', async t => {
  const w = writing({}, { deliverRejected: () => Promise.reject(new Error('disk full')) })
  await w.write('a', 'b', 'c', 'd')
  await serve(w, ['d'], 10)
  t.match(w.failures, [{ message: 'disk full' }])
  w.writer.close()
})

t.test(
  'entries that are throttled while a batch is halved are sent again, and the entry at fault is found',
  async t => {
    const buried: string[] = []
    const w = writing(
      {},
      {
        deliverRejected: async r =>
          void buried.push(...r.map(x => entriesOf([{ ...x.run, from: x.i, to: x.i + 1 }])[0]![1])),
      },
    )
    await w.write('a', 'b', 'c', 'd')
    w.stream.held[0]!.reject(invalid())
    await settle()
    w.stream.held[0]!.reject(throttled())
    await settle()
    for (let i = 0; i < 20; i++) {
      await serve(w, ['a'], 1)
      await w.clock.pass(100)
    }
    t.same(buried, ['a'])
    t.same(
      w.stream.written
        .map(e => e[1])
        .sort()
        .join(''),
      'bcd',
    )
    w.writer.close()
  },
)

t.test('a half of a batch has the timeout of a request', async t => {
  const w = writing({ requestTimeoutMs: 1000, failOnTimeout: true }, { deliverRejected: async () => undefined })
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.reject(invalid())
  await settle()
  await w.clock.pass(1000)
  t.match(w.failures, [{ code: 'REQUEST_TIMED_OUT' }])
  w.writer.close()
})

t.test('without dead letters the search ends at the first record at fault', async t => {
  const w = writing({ maxBatchSize: 100, maxBufferedRequests: 200 })
  await w.write(...Array.from({ length: 100 }, (_, i) => String(i)))
  for (let i = 0; i < 300 && w.stream.held.length > 0; i++) {
    w.stream.held[0]!.reject(invalid())
    await settle()
  }
  t.match(w.failures, [{ code: 'VALIDATION_FAILED' }])
  t.ok(w.stream.requests.length < 10, `${w.stream.requests.length} requests`)
  w.writer.close()
})

t.test('a page of a proxy that refuses everything is a failure, not dead letters', async t => {
  const w = writing({}, { deliverRejected: () => Promise.reject(new Error('not to be asked')) })
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.reject(
    new ServiceError('VALIDATION_FAILED', 'no', { details: { errorName: 'UnknownError', status: 400 } }),
  )
  await settle()
  t.match(w.failures, [{ code: 'VALIDATION_FAILED', message: 'no' }])
  w.writer.close()
})

t.test('a request without an answer is given up and sent again; its late success counts once', async t => {
  const w = writing({ requestTimeoutMs: 1000 })
  await w.write('a', 'b', 'c', 'd')
  const first = w.stream.held[0]!
  await w.clock.pass(1000)
  await w.clock.pass(100)
  t.same(w.sent(), ['abcd', 'abc'])
  first.answer()
  await settle()
  t.equal(w.writer.metrics().records, 0, 'nobody listens to it any more')
  await serve(w, [], 3)
  t.match(w.writer.metrics(), {
    records: 4,
    retries: 4,
    errors: 4,
    errorsByCode: { REQUEST_TIMED_OUT: 4 },
    inFlightRequests: 0,
  })
  w.writer.close()
})

t.test('with failOnTimeout a request without an answer fails the writer', async t => {
  const w = writing({ requestTimeoutMs: 1000, failOnTimeout: true })
  await w.write('a', 'b', 'c', 'd')
  await w.clock.pass(1000)
  t.match(w.failures, [{ code: 'REQUEST_TIMED_OUT', message: /stream out has had no answer for 1000 ms/ }])
  w.writer.close()
})

t.test('a request that is given up is aborted', async t => {
  let given: AbortSignal | null = null
  const clock = new ManualClock()
  const writer = new AsyncSinkWriter(
    (_, signal) => {
      given = signal
      return new Promise(() => undefined)
    },
    optionsOf({ requestTimeoutMs: 500 }),
    { clock, fail: () => undefined },
  )
  await writer.write(runOf(['a', 'b', 'c', 'd'].map(named)))
  t.equal((given as unknown as AbortSignal).aborted, false)
  await clock.pass(500)
  t.equal((given as unknown as AbortSignal).aborted, true)
  writer.close()
  await settle()
  t.same(clock.armed, [])
})
