import t from 'tap'
import { AsyncSinkWriter } from '../../../../core/connectors/async-sink/async-sink-writer.ts'
import { readSinkState, writeSinkState } from '../../../../core/connectors/async-sink/sink-state-codec.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { named, optionsOf, throttled, writing } from '../../fakes/sink-writing.ts'

t.test('a batch goes out when it is full by count', async t => {
  const w = writing()
  await w.write('a', 'b', 'c')
  t.same(w.sent(), [])
  await w.write('d', 'e')
  t.same(w.sent(), ['abcd'])
  t.equal(w.buffered(), 'e')
  w.writer.close()
})

t.test('entries that replace another one are sent at once, however many they are', async t => {
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
  next.writer.restore(readSinkState(state))
  t.same(next.sent(), [], 'nothing is sent at once')
  t.same(next.armed(), [5000])
  await next.clock.pass(5000)
  next.stream.held[0]!.answer()
  await settle()
  t.same(next.sent().join(''), 'bdefg')
  next.writer.close()
})

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

t.test('onAcknowledged of a run is called for each of its entries once', async t => {
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
