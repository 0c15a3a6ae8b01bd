import fc from 'fast-check'
import t from 'tap'
import { ServiceError } from '../../../../core/foundation/errors.ts'
import { settle } from '../../fakes/manual-clock.ts'
import { throttled, writing } from '../../fakes/sink-writing.ts'

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

t.test('entries that the limits hold back after a retry are sent although nothing more is written', async t => {
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

t.test(
  'entries that were due while the limits were reached are sent as soon as possible, in a full batch or not',
  async t => {
    const w = writing({ maxInFlightRequests: 1 })
    await w.write('a', 'b', 'c', 'd', 'e')
    await w.clock.pass(5000)
    t.same(w.sent(), ['abcd'])
    await w.write('f')
    w.stream.held[0]!.answer()
    await settle()
    t.same(w.sent(), ['abcd', 'ef'])
    w.writer.close()
  },
)

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

t.test('a permanent failure is reported at once and rejects all calls that wait', async t => {
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

t.test('an error that the engine does not know is not retried', async t => {
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

t.test('a lasting outage is reported, and so is its end', async t => {
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
