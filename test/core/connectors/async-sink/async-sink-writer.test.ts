import fc from 'fast-check'
import t from 'tap'

import { ServiceError } from '../../../../core/foundation/errors.ts'
import type {
  AsyncSinkWriterOptions,
  AsyncSinkWriterServices,
} from '../../../../core/connectors/async-sink/async-sink-writer.ts'
import { AsyncSinkWriter } from '../../../../core/connectors/async-sink/async-sink-writer.ts'
import { readSinkState, writeSinkState } from '../../../../core/connectors/async-sink/sink-state-codec.ts'
import type { Entry } from '../../fakes/fake-sink-stream.ts'
import { entriesOf, FakeSinkStream, runOf } from '../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'

const TIMEOUT_MS = 600_000

const optionsOf = (overrides: Partial<AsyncSinkWriterOptions> = {}): AsyncSinkWriterOptions => ({
  maxBatchSize: 4,
  maxInFlightRequests: 2,
  maxBufferedRequests: 10,
  maxBatchSizeInBytes: 1000,
  maxTimeInBufferMs: 5000,
  requestTimeoutMs: TIMEOUT_MS,
  failOnTimeout: false,
  failOnError: false,
  sinkName: 'The sink to stream out',
  ...overrides,
})

function writing(overrides: Partial<AsyncSinkWriterOptions> = {}, services: Partial<AsyncSinkWriterServices> = {}) {
  const clock = new ManualClock()
  const stream = new FakeSinkStream()
  const failures: unknown[] = []
  const warnings: string[] = []
  const writer = new AsyncSinkWriter(stream.send, optionsOf(overrides), {
    clock,
    fail: e => failures.push(e),
    warn: message => warnings.push(message),
    ...services,
  })
  return {
    clock,
    stream,
    writer,
    failures,
    warnings,
    /** Without those of requests that wait for an answer. */
    armed: () => clock.armed.filter(ms => ms !== TIMEOUT_MS),
    write: (...names: string[]) => writer.write(runOf(names.map(named))),
    sent: () => stream.requests.map(r => r.entries.map(e => e[1]).join('')),
    buffered: () =>
      entriesOf(writer.buffered())
        .map(e => e[1])
        .join(''),
  }
}

const named = (name: string): Entry => [`k${name}`, name]
const throttled = (): ServiceError => new ServiceError('THROTTLED', 'Rate exceeded.')

t.test('a batch goes out when it is full by count', async t => {
  const w = writing()
  await w.write('a', 'b', 'c')
  t.same(w.sent(), [])
  await w.write('d', 'e')
  t.same(w.sent(), ['abcd'])
  t.equal(w.buffered(), 'e')
  w.writer.close()
})

t.test('what is sent instead of an entry goes at once, however many entries it is now', async t => {
  const clock = new ManualClock()
  const sent: string[] = []
  const writer = new AsyncSinkWriter(
    async runs => {
      const names = entriesOf(runs).map(e => e[1])
      sent.push(names.join(''))
      const instead = [runOf(['x', 'y', 'z'].map(named))]
      return { failed: [], replaced: new Map(names.includes('b') ? [[names.indexOf('b'), instead]] : []) }
    },
    optionsOf({ maxBatchSize: 2 }),
    { clock, fail: error => t.fail(String(error)) },
  )
  await writer.write(runOf(['a', 'b'].map(named)))
  await settle()
  t.same(sent, ['ab', 'xy', 'z'])
  t.same(clock.armed, [])
  writer.close()
})

t.test('a batch goes out when it is full by bytes, keys included, and holds no more than that', async t => {
  const w = writing({ maxBatchSizeInBytes: 7 }) // each entry has 3 bytes
  await w.write('a', 'b')
  t.same(w.sent(), [])
  await w.write('c')
  t.same(w.sent(), ['ab'])
  t.equal(w.buffered(), 'c')
  w.writer.close()
})

t.test('a batch that was cut by bytes gives back what it took', async t => {
  const w = writing({ maxBatchSizeInBytes: 7, maxInFlightRequests: 1 })
  for (let i = 0; i < 20; i++) {
    await w.write('x', 'y', 'z')
    while (w.stream.held.length > 0) {
      w.stream.held[0]!.answer()
      await settle()
    }
  }
  await settle()
  t.equal(w.writer.metrics().inFlightRequests, 0)
  t.equal(w.stream.written.length + w.writer.metrics().bufferedEntries, 60)
  w.writer.close()
})

t.test('a batch goes out when its time has come, and the timer is armed once', async t => {
  const w = writing()
  await w.write('a')
  w.clock.advance(3000)
  await w.write('b')
  t.same(w.armed(), [2000])
  w.clock.advance(1999)
  t.same(w.sent(), [])
  w.clock.advance(1)
  t.same(w.sent(), ['ab'])
  t.same(w.armed(), [])
  await w.write('c')
  t.same(w.armed(), [5000], 'and again with the next entry')
  w.writer.close()
})

t.test('what the service refused goes out again first, in its order', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd')
  await w.write('e', 'f')
  w.stream.held[0]!.answer(1, 3)
  await settle()
  t.equal(w.buffered(), 'bdef')
  await w.clock.pass(50)
  t.same(w.sent(), ['abcd', 'bde'], 'with one entry less in flight')
  t.match(w.writer.metrics(), { records: 2, retries: 2 })
  w.writer.close()
})

t.test('of two requests that failed, the one that was answered last is at the front', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  t.same(w.sent(), ['abcd'], 'the second waits: the first has all the room there is')
  w.stream.held[0]!.answer()
  await settle()
  t.same(w.sent(), ['abcd', 'efgh'])
  await w.write('i', 'j', 'k', 'l')
  t.same(w.sent(), ['abcd', 'efgh', 'ijkl'])
  const [second, third] = w.stream.held
  third?.answer(0)
  second?.answer(1, 2)
  await settle()
  t.equal(w.buffered(), 'fgi')
  w.writer.close()
})

t.test('a retry waits for its backoff, which grows and is bounded', async t => {
  const w = writing({ maxTimeInBufferMs: 1_000_000, maxBatchSize: 1 })
  await w.write('a')
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    w.stream.held[0]!.reject(throttled())
    await settle()
    t.equal(w.stream.held.length, 0)
    const [wait] = w.armed()
    waits.push(wait!)
    await w.clock.pass(wait!)
  }
  waits.forEach((ms, i) => {
    t.ok(ms >= 0 && ms <= Math.min(5000, 50 * 2 ** i), `wait ${i} of ${ms} ms`)
  })
  w.stream.held[0]!.answer()
  await settle()
  t.equal(w.stream.written.length, 1)
  w.writer.close()
})

t.test('requests that fail at the same time are one failure for the backoff', async t => {
  const options = { maxTimeInBufferMs: 1_000_000, maxBatchSize: 2, maxInFlightRequests: 20, maxBufferedRequests: 50 }
  const w = writing(options, { random: () => 1 })
  const one = async (): Promise<void> => {
    w.stream.held[0]!.reject(throttled())
    await settle()
  }
  for (let i = 0; i < 20; i++) {
    await w.write('a', 'b')
    w.stream.held[0]!.answer()
    await settle()
  }
  await w.write(...'abcdefghijklmnop')
  t.equal(w.stream.held.length, 8)
  for (let i = 0; i < 8; i++) await one()
  await w.clock.pass(50)
  await one()
  t.ok(w.armed()[0]! <= 100, `after the second failure it waits ${w.armed()[0]!} ms`)
  w.writer.close()
})

t.test('what the limits hold back after a retry goes out although nothing more is written', async t => {
  const w = writing({ maxInFlightRequests: 50, maxBatchSize: 4 })
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.answer() // room for 14 in flight
  await settle()
  await w.write('e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p')
  t.same(w.sent().slice(1), ['efgh', 'ijkl', 'mnop'])
  w.stream.held[0]!.answer(1)
  w.stream.held[0]!.reject(throttled())
  await settle()
  for (let i = 0; i < 200 && w.stream.written.length < 16; i++) {
    await w.clock.pass(100)
    if (i % 3 === 0) w.stream.held[0]?.answer()
  }
  t.equal(w.stream.written.length, 16)
  t.equal(w.buffered(), '')
  w.writer.close()
})

t.test('write waits while the buffer is full, and goes on when there is room', async t => {
  const w = writing({ maxInFlightRequests: 1, maxBufferedRequests: 6 })
  let done = false
  const writing1 = w.write('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k').then(() => (done = true))
  await settle()
  t.same(w.sent(), ['abcd'])
  t.equal(done, false)
  t.ok(w.writer.metrics().bufferedEntries <= 6)
  w.stream.held[0]!.answer()
  await settle()
  t.equal(done, true)
  await writing1
  w.writer.close()
})

t.test('write does not wait for ever behind a buffer that no batch fills', async t => {
  const w = writing({ maxBatchSize: 4, maxBufferedRequests: 5, maxBatchSizeInBytes: 4 })
  w.stream.answersAtOnce = true
  await w.write(...'abcdefghijklmnop')
  await w.writer.drain()
  t.equal(w.stream.written.map(e => e[1]).join(''), 'abcdefghijklmnop')
  w.writer.close()
})

t.test('at a checkpoint it waits for what is in flight; the buffer stays', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd', 'e')
  let waited = false
  const waiting = w.writer.snapshot().then(() => (waited = true))
  await settle()
  t.equal(waited, false)
  w.stream.held[0]!.answer()
  await waiting
  t.equal(w.buffered(), 'e')
  t.same(w.sent(), ['abcd'])
  w.writer.close()
})

t.test('at a checkpoint under constant throttling the wait ends, and the snapshot holds what was refused', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd', 'e')
  const waiting = w.writer.snapshot()
  w.stream.held[0]!.reject(throttled())
  await waiting
  t.equal(w.buffered(), 'abcde')
  w.writer.close()
})

t.test('draining sends everything, retries included', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd', 'e', 'f')
  let drained = false
  const draining = w.writer.drain().then(() => (drained = true))
  w.stream.held[0]!.answer(2)
  for (let i = 0; i < 10 && !drained; i++) {
    t.equal(drained, false)
    await w.clock.pass(100)
    w.stream.held[0]?.answer()
    await settle()
  }
  await draining
  t.equal(
    w.stream.written
      .map(e => e[1])
      .sort()
      .join(''),
    'abcdef',
  )
  w.writer.close()
  t.same(w.armed(), [])
})

t.test('what was due and found no room goes as soon as there is some, in a full batch or not', async t => {
  const w = writing({ maxInFlightRequests: 1 })
  await w.write('a', 'b', 'c', 'd', 'e')
  await w.clock.pass(5000)
  t.same(w.sent(), ['abcd'])
  await w.write('f')
  w.stream.held[0]!.answer()
  await settle()
  t.same(w.sent(), ['abcd', 'ef'])
  w.writer.close()
})

t.test('a refused entry is sent again although a full request is under way and nothing more is written', async t => {
  const w = writing({ maxInFlightRequests: 2, maxBufferedRequests: 100 })
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.answer()
  await settle()
  await w.write(...'efghijklmnopq') // two requests of 4, then one in the buffer, timer armed
  await w.clock.pass(5000)
  w.stream.held[0]!.answer(1)
  await settle()
  await w.clock.pass(50)
  w.stream.held[0]!.answer()
  for (let i = 0; i < 10; i++) {
    await settle()
    w.stream.held[0]?.answer()
  }
  t.equal(w.stream.written.length, 17)
  w.writer.close()
})

t.test('an answer that comes after the end changes nothing', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd')
  w.writer.close()
  w.stream.held[0]!.answer(1)
  await settle()
  t.same(w.armed(), [])
  t.match(w.writer.metrics(), { records: 0, retries: 0 })
})

t.test('a failure that cannot pass is told at once, and to everybody who waits', async t => {
  const w = writing({ maxInFlightRequests: 1, maxBufferedRequests: 5 })
  const blocked = w.write(...'abcdefghijkl')
  const waiting = w.writer.snapshot()
  const denied = new ServiceError('ACCESS_DENIED', 'no')
  w.stream.held[0]!.reject(denied)
  await t.rejects(blocked, { code: 'ACCESS_DENIED' })
  await t.rejects(waiting, { code: 'ACCESS_DENIED' })
  t.same(w.failures, [denied])
  await t.rejects(w.write('z'), { code: 'ACCESS_DENIED' })
  await t.rejects(w.writer.drain(), { code: 'ACCESS_DENIED' })
  t.equal(w.stream.requests.length, 1)
  w.writer.close()
})

t.test('an error that is none of ours is not retried', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.reject(new TypeError('a bug'))
  await settle()
  t.match(w.failures, [{ name: 'TypeError' }])
  w.writer.close()
})

t.test('with failOnError a refused record is a failure, and so is a throttled request', async t => {
  const partial = writing({ failOnError: true })
  await partial.write('a', 'b', 'c', 'd')
  partial.stream.held[0]!.answer(0, 2)
  await settle()
  t.match(partial.failures, [
    { code: 'RECORDS_REJECTED', message: /stream out: 2 records were refused.*ProvisionedThroughput.*failOnError/ },
  ])
  partial.writer.close()
  const whole = writing({ failOnError: true })
  await whole.write('a', 'b', 'c', 'd')
  whole.stream.held[0]!.reject(throttled())
  await settle()
  t.match(whole.failures, [{ code: 'THROTTLED' }])
  whole.writer.close()
})

t.test('closing lets a blocked write go, with an error', async t => {
  const w = writing({ maxInFlightRequests: 1, maxBufferedRequests: 5 })
  const blocked = w.write(...'abcdefghijkl')
  await settle()
  w.writer.close()
  await t.rejects(blocked, { code: 'ILLEGAL_STATE' })
})

t.test('a snapshot during throttling, restored, sends the same entries in the same order', async t => {
  const w = writing()
  await w.write(...'abcdefg')
  const waiting = w.writer.snapshot()
  w.stream.held[0]!.answer(1, 3)
  await waiting
  const state = writeSinkState(w.writer.buffered())
  w.writer.close()
  const next = writing()
  next.writer.add(readSinkState(state))
  t.same(next.sent(), [], 'nothing is sent at once')
  t.same(next.armed(), [5000])
  await next.clock.pass(5000)
  next.stream.held[0]!.answer()
  await settle()
  t.same(next.sent().join(''), 'bdefg')
  next.writer.close()
})

t.test('every entry is acknowledged once, none is lost, whatever the service refuses', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('write', 'answer', 'refuse', 'reject', 'wait'), fc.nat()), {
        maxLength: 60,
        size: 'max',
      }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, maxInFlightRequests) => {
        const w = writing({ maxInFlightRequests, maxBufferedRequests: 8 })
        let n = 0
        let last = Promise.resolve()
        for (const [what, k] of steps) {
          const held = w.stream.held[k % Math.max(1, w.stream.held.length)]
          if (what === 'write') {
            const names = Array.from({ length: 1 + (k % 6) }, () => `<${n++}>`)
            last = last.then(() => w.write(...names))
          } else if (what === 'answer') held?.answer()
          else if (what === 'refuse') held?.answer(...held.entries.flatMap((_, i) => ((k >> i) % 2 === 1 ? [i] : [])))
          else if (what === 'reject') held?.reject(throttled())
          else await w.clock.pass(k % 3000)
          await settle()
        }
        w.stream.answersAtOnce = true
        const end = last.then(() => w.writer.drain())
        let over = false
        void end.then(() => (over = true))
        for (let i = 0; i < 500 && !over; i++) {
          w.stream.held[0]?.answer()
          await w.clock.pass(100)
        }
        if (!over) throw new Error('it never came to an end')
        const written = w.stream.written.map(e => Number(e[1].slice(1, -1))).sort((a, b) => a - b)
        if (written.join() !== Array.from({ length: n }, (_, i) => i).join()) throw new Error(`wrote ${written.join()}`)
        if (w.writer.metrics().records !== n) throw new Error('counted otherwise')
        if (w.writer.metrics().bytes !== w.stream.written.reduce((s, [key, d]) => s + key.length + d.length, 0))
          throw new Error('counted other bytes')
        w.writer.close()
      },
    ),
    { numRuns: 80 },
  )
  t.pass('held')
})

t.test('an outage that lasts is said, and so is its end', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd')
  for (let second = 0; second < 30 && w.warnings.length === 0; second++) {
    w.stream.held.at(-1)?.reject(throttled())
    await settle()
    await w.clock.pass(1000, 100)
  }
  t.match(w.warnings, [/^Rate exceeded\. This has lasted for \d+ s/])
  await w.clock.pass(6000, 100)
  w.stream.held.at(-1)!.answer()
  await settle()
  t.match(w.warnings, [/Rate exceeded/, /^The sink to stream out works again/])
  w.writer.close()
})

// ---- what the service refuses as a whole

const invalid = (): ServiceError =>
  new ServiceError('VALIDATION_FAILED', 'PutRecords on stream out failed: ValidationException: too long.', {
    details: { errorName: 'ValidationException', status: 400 },
  })

/** Answers every request as a service does that refuses those that hold one of `bad`. */
async function serve(w: ReturnType<typeof writing>, bad: readonly string[], steps = 60): Promise<void> {
  for (let i = 0; i < steps; i++) {
    for (const held of w.stream.held)
      if (held.entries.some(e => bad.includes(e[1]))) held.reject(invalid())
      else held.answer()
    await settle()
  }
}

t.test(
  'a batch that is refused as a whole is halved until those at fault stand alone, and they alone are dead letters',
  async t => {
    const buried: [string, string][] = []
    const w = writing(
      { maxBatchSize: 8, maxBufferedRequests: 20 },
      {
        bury: async rejections => {
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

t.test('without dead letters it ends the writer, and says which record it is and where it came from', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd')
  await serve(w, ['b'])
  t.match(w.failures, [
    {
      code: 'VALIDATION_FAILED',
      message: /too long\. Sent alone, one record of 3 bytes is refused each time\..*dead letter/,
    },
  ])
  t.equal(w.failures.length, 1)
  w.writer.close()
})

t.test('a snapshot waits until the dead letters are safe', async t => {
  let safe = (): void => undefined
  const w = writing({}, { bury: () => new Promise(resolve => (safe = resolve)) })
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

t.test('dead letters that cannot be put away are a failure', async t => {
  const w = writing({}, { bury: () => Promise.reject(new Error('disk full')) })
  await w.write('a', 'b', 'c', 'd')
  await serve(w, ['d'], 10)
  t.match(w.failures, [{ message: 'disk full' }])
  w.writer.close()
})

t.test('what meets a throttle while a batch is halved is sent again, and the culprit still found', async t => {
  const buried: string[] = []
  const w = writing(
    {},
    { bury: async r => void buried.push(...r.map(x => entriesOf([{ ...x.run, from: x.i, to: x.i + 1 }])[0]![1])) },
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
})

t.test('a half that takes too long is a request that does', async t => {
  const w = writing({ requestTimeoutMs: 1000, failOnTimeout: true }, { bury: async () => undefined })
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.reject(invalid())
  await settle()
  await w.clock.pass(1000)
  t.match(w.failures, [{ code: 'REQUEST_TIMED_OUT' }])
  w.writer.close()
})

t.test('without dead letters the first record at fault is enough', async t => {
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
  const w = writing({}, { bury: () => Promise.reject(new Error('not to be asked')) })
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.reject(
    new ServiceError('VALIDATION_FAILED', 'no', { details: { errorName: 'UnknownError', status: 400 } }),
  )
  await settle()
  t.match(w.failures, [{ code: 'VALIDATION_FAILED', message: 'no' }])
  w.writer.close()
})

// ---- requests that take too long

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

t.test('or it fails the writer, where that was asked for', async t => {
  const w = writing({ requestTimeoutMs: 1000, failOnTimeout: true })
  await w.write('a', 'b', 'c', 'd')
  await w.clock.pass(1000)
  t.match(w.failures, [{ code: 'REQUEST_TIMED_OUT', message: /stream out has had no answer for 1000 ms/ }])
  w.writer.close()
})

t.test('what is given up is told to who sends it', async t => {
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

// ---- what is counted

t.test('each record is counted once, retries and errors apart', async t => {
  const w = writing()
  await w.write('a', 'b', 'c', 'd')
  w.stream.held[0]!.answer(1, 3)
  await settle()
  await w.clock.pass(100)
  w.stream.held[0]!.reject(throttled())
  await settle()
  await w.clock.pass(200)
  w.stream.held[0]!.answer()
  await settle()
  t.match(w.writer.metrics(), {
    records: 4,
    bytes: 12,
    retries: 4,
    errors: 4,
    errorsByCode: { ProvisionedThroughputExceededException: 2, THROTTLED: 2 },
    deadLetters: 0,
  })
  w.writer.close()
})

t.test('whoever wrote a run is told as its entries are acknowledged, each once', async t => {
  const w = writing({ maxBufferedRequests: 100 })
  const told = { first: 0, second: 0 }
  await w.writer.write({ ...runOf(['a', 'b', 'c'].map(named)), onAcknowledged: n => (told.first += n) })
  await w.writer.write({ ...runOf(['d', 'e'].map(named)), onAcknowledged: n => (told.second += n) })
  w.stream.held[0]!.answer(0)
  await settle()
  t.same(told, { first: 2, second: 1 })
  const draining = w.writer.drain()
  for (let i = 0; i < 5; i++) {
    await w.clock.pass(100)
    w.stream.held[0]?.answer()
    await settle()
  }
  await draining
  t.same(told, { first: 3, second: 2 })
  w.writer.close()
})
