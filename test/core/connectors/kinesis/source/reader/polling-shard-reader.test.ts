import fc from 'fast-check'
import t from 'tap'

import { ServiceError } from '../../../../../../core/foundation/errors.ts'
import type { GetRecordsResult } from '../../../../../../core/aws/kinesis/get-records-result.ts'
import type { SourceStreamProxy } from '../../../../../../core/aws/kinesis/stream-proxy.ts'
import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { Permits } from '../../../../../../core/connectors/kinesis/source/reader/permits.ts'
import { PollingShardReader } from '../../../../../../core/connectors/kinesis/source/reader/polling-shard-reader.ts'
import type { PollingOptions } from '../../../../../../core/connectors/kinesis/source/reader/polling-shard-reader.ts'
import type { FetchEnd } from '../../../../../../core/connectors/kinesis/source/reader/shard-reader.ts'
import type {
  KinesisShardSplit,
  SplitPosition,
} from '../../../../../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle, until } from '../../../../fakes/manual-clock.ts'
import { pollingOptions, splitOf } from '../../../../fakes/splits.ts'

const SHARD = shardIdOf(0)
const BEGINNING: SplitPosition = { type: 'TRIM_HORIZON' }

interface Reading {
  readonly clock: ManualClock
  readonly stream: FakeStream
  readonly reader: PollingShardReader
  readonly values: string[]
  readonly warnings: string[]
  /** Takes whatever is ready; answers how many records that were. */
  take(): number
  readonly end: FetchEnd | null
  readonly failure: unknown
}

interface Given {
  readonly position?: SplitPosition
  readonly clock?: ManualClock
  readonly stream?: FakeStream
  readonly split?: Partial<KinesisShardSplit>
  readonly proxy?: SourceStreamProxy
}

function reading(
  overrides: Partial<PollingOptions> = {},
  { position = BEGINNING, clock = new ManualClock(), stream = new FakeStream(clock), split = {}, ...given }: Given = {},
): Reading {
  const warnings: string[] = []
  const reader = new PollingShardReader(splitOf({ shardId: SHARD, position, ...split }), pollingOptions(overrides), {
    proxy: given.proxy ?? stream.sourceProxy(),
    clock,
    permits: new Permits(1),
    onReady: () => undefined,
    warn: message => warnings.push(message),
    losses: new RecordLosses(clock, message => warnings.push(message)),
  })
  const values: string[] = []
  const state = { end: null as FetchEnd | null, failure: null as unknown }
  reader.run().catch((error: unknown) => (state.failure = error))
  return {
    clock,
    stream,
    reader,
    values,
    warnings,
    take() {
      const fetched = reader.take()
      if (fetched === null) return 0
      state.end = fetched.end
      const taken = fetched.batch?.values().map(String) ?? []
      values.push(...taken)
      return taken.length
    },
    get end() {
      return state.end
    },
    get failure() {
      return state.failure
    },
  }
}

t.test('it fetches one batch ahead, and no further until that one is taken', async t => {
  const r = reading({ maxRecordCount: 2 })
  r.stream.put(SHARD, 'a', 'b', 'c', 'd', 'e')
  await r.clock.pass(60_000, 1000)
  t.equal(r.stream.callsOf('getRecords').length, 1)
  t.equal(r.take(), 2)
  await settle()
  t.equal(r.stream.callsOf('getRecords').length, 2)
  t.same(r.values, ['a', 'b'])
  r.reader.close()
})

t.test('a batch that waits keeps its permit: another shard fetches when it is taken', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards: 2 })
  const permits = new Permits(1)
  const readers = [0, 1].map(
    n =>
      new PollingShardReader(splitOf({ shardId: shardIdOf(n) }), pollingOptions(), {
        proxy: stream.sourceProxy(),
        clock,
        permits,
        onReady: () => undefined,
        warn: () => undefined,
        losses: new RecordLosses(clock, () => undefined),
      }),
  )
  stream.put(shardIdOf(0), 'a')
  stream.put(shardIdOf(1), 'b')
  for (const reader of readers) reader.run().catch(() => undefined)
  await settle()
  t.same(
    readers.map(r => r.ready),
    [true, false],
  )
  readers[0]!.take()
  await settle()
  t.same(
    readers.map(r => r.ready),
    [false, true],
  )
  for (const reader of readers) reader.close()
})

t.test('a shard with nothing to read is asked again after the pause', async t => {
  const r = reading({ emptyFetchIntervalMs: 250 })
  await settle()
  await r.clock.pass(1000, 50)
  t.same(
    r.stream.callsOf('getRecords').map(c => c.atMs - r.stream.callsOf('getRecords')[0]!.atMs),
    [0, 250, 500, 750, 1000],
  )
  r.reader.close()
})

t.test('the first throttle slows it to the five calls a second that the service allows', async t => {
  const r = reading({ retryMinDelayMs: 0 })
  r.stream.fail('getRecords', 'THROTTLED')
  r.stream.put(SHARD, ...Array.from({ length: 5 }, (_, i) => String(i)))
  for (let i = 0; i < 60; i++) {
    await r.clock.pass(50)
    r.take()
    r.stream.put(SHARD, 'more')
  }
  const times = r.stream
    .callsOf('getRecords')
    .slice(1)
    .map(c => c.atMs)
  const gaps = times.slice(1).map((at, i) => at - times[i]!)
  t.ok(gaps.length > 5)
  t.ok(
    gaps.every(gap => gap >= 200),
    `gaps of ${gaps.join()}`,
  )
  t.equal(r.failure, null)
  r.reader.close()
})

t.test('an expired iterator is renewed after the last record that was read: none twice, none missing', async t => {
  const r = reading({ maxRecordCount: 2 })
  const records = r.stream.put(SHARD, 'a', 'b', 'c', 'd')
  await settle()
  r.take()
  r.stream.expireIterators()
  for (let i = 0; i < 5; i++) {
    await r.clock.pass(300)
    r.take()
  }
  t.same(r.values, ['a', 'b', 'c', 'd'])
  t.same(r.stream.callsOf('getShardIterator').at(-1)?.position, {
    type: 'AFTER_SEQUENCE_NUMBER',
    sequenceNumber: records[1]?.sequenceNumber,
  })
  t.equal(r.failure, null)
  r.reader.close()
})

t.test('an iterator that expires before anything was read is renewed at the first position', async t => {
  const position = { type: 'AT_TIMESTAMP', timestampMs: 1 } as const
  const r = reading({}, { position })
  await settle()
  r.stream.expireIterators()
  r.stream.put(SHARD, 'a')
  await r.clock.pass(250)
  r.take()
  t.same(r.values, ['a'])
  t.same(
    r.stream.callsOf('getShardIterator').map(c => c.position),
    [position, position],
  )
  r.reader.close()
})

t.test('failures that may pass are tried again, later and later, within bounds', async t => {
  const r = reading({ retryMinDelayMs: 300, retryMaxDelayMs: 1000 })
  r.stream.put(SHARD, 'a')
  r.stream.fail('getRecords', 'SERVICE_FAILED', { times: 6 })
  await until(r.clock, () => r.take() > 0, 10)
  const at = r.stream.callsOf('getRecords').map(c => c.atMs)
  const gaps = at.slice(1).map((ms, i) => ms - at[i]!)
  t.equal(gaps.length, 6)
  gaps.forEach((gap, i) => {
    const delay = Math.min(1000, 300 * 2 ** i)
    t.ok(gap >= delay / 2 && gap <= delay + 10, `attempt ${i + 2} after ${gap} ms of ${delay}`)
  })
  t.same(r.values, ['a'])
  r.reader.close()
})

t.test('it gives up after the attempts that the option allows, and says so', async t => {
  const r = reading({ retryMaxAttempts: 3 })
  r.stream.fail('getRecords', 'ENDPOINT_UNREACHABLE', { times: 10 })
  await r.clock.pass(10_000, 100)
  t.match(r.failure, { code: 'SERVICE_FAILED', message: /Gave up after 3 attempts \(retry-strategy.attempts.max\)/ })
  t.equal(r.stream.callsOf('getRecords').length, 3)
})

t.test('the count of attempts begins anew with each success', async t => {
  const r = reading({ retryMaxAttempts: 2, maxRecordCount: 1 })
  r.stream.put(SHARD, 'a', 'b', 'c')
  for (let i = 0; i < 3; i++) {
    r.stream.fail('getRecords', 'SERVICE_FAILED')
    await until(r.clock, () => r.take() > 0)
  }
  t.same(r.values, ['a', 'b', 'c'])
  t.equal(r.failure, null)
  r.reader.close()
})

t.test('a failure that cannot pass ends it at once', async t => {
  for (const code of ['ACCESS_DENIED', 'STREAM_NOT_FOUND'] as const) {
    const r = reading()
    r.stream.fail('getRecords', code)
    await settle()
    t.match(r.failure, { code })
  }
})

t.test('the end of the shard comes with its last records, and names the children', async t => {
  const r = reading()
  r.stream.put(SHARD, 'a', 'b')
  const children = r.stream.split(SHARD)
  await settle()
  r.take()
  t.same(r.values, ['a', 'b'])
  t.match(r.end, { type: 'shard-end', childShards: children.map(shardId => ({ shardId, parentShards: [SHARD] })) })
  await r.clock.pass(10_000, 1000)
  t.equal(r.stream.callsOf('getRecords').length, 1)
})

t.test('closing ends it, whatever it waits for', async t => {
  const idle = reading()
  await settle()
  idle.reader.close()
  const full = reading()
  full.stream.put(SHARD, 'a')
  await settle()
  full.reader.close()
  const failing = reading()
  failing.stream.fail('getRecords', 'SERVICE_FAILED', { times: 100 })
  await settle()
  failing.reader.close()
  for (const r of [idle, full, failing]) {
    const before = r.stream.calls.length
    await r.clock.pass(10_000, 1000)
    t.equal(r.stream.calls.length, before)
    t.equal(r.failure, null)
    t.same(r.clock.armed, [])
  }
})

t.test(
  'a number whose records have passed their retention: it goes on at the oldest record, and says what was missed',
  async t => {
    const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' } as const
    const stream = new FakeStream(new ManualClock())
    stream.put(SHARD, 'oldest')
    stream.fail('getShardIterator', 'VALIDATION_FAILED')
    const r = reading({}, { position, stream, split: { lastArrivalMs: Date.UTC(2026, 0, 1) } })
    await settle()
    r.take()
    t.same(r.values, ['oldest'])
    t.match(r.warnings, [
      /shardId-000000000000: .* sequence number 1 .* may have been missed \(from 2026-01-01T00:00:00/,
    ])
    t.equal(r.failure, null)
    r.reader.close()
  },
)

t.test('a continuation of enhanced fan-out is read on from; if it is refused, from the last record', async t => {
  const stream = new FakeStream(new ManualClock())
  const [a] = stream.put(SHARD, 'a', 'b')
  stream.fail('getShardIterator', 'VALIDATION_FAILED')
  const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: a!.sequenceNumber } as const
  const r = reading({}, { position, stream, split: { continuationSequenceNumber: '99' } })
  await settle()
  r.take()
  t.same(
    stream.callsOf('getShardIterator').map(c => c.position),
    [{ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '99' }, position],
  )
  t.same(r.values, ['b'])
  t.same(r.warnings, [])
  r.reader.close()
})

t.test('a call that is refused for another reason is not made again from the oldest record', async t => {
  const stream = new FakeStream(new ManualClock())
  stream.put(SHARD, 'oldest')
  const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' } as const
  const proxy = stream.sourceProxy()
  // As a proxy's page looks, or a key that KMS refuses.
  const error = new ServiceError('VALIDATION_FAILED', 'Forbidden', { details: { errorName: 'UnknownError' } })
  const r = reading({}, { position, stream, proxy: { ...proxy, getShardIterator: () => Promise.reject(error) } })
  await settle()
  t.equal(r.failure, error)
  t.same(r.warnings, [])
})

t.test('an iterator that is always expired is not asked for without end', async t => {
  const r = reading({ retryMaxAttempts: 3 })
  r.stream.fail('getRecords', 'ITERATOR_EXPIRED', { times: 100 })
  await r.clock.pass(1000, 100)
  t.match(r.failure, { code: 'SERVICE_FAILED', message: /Gave up after 3 attempts/ })
})

t.test('stopping at an instant, it reads all that arrived until then, and nothing later', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  stream.put(SHARD, 'before')
  const stopAtMs = clock.now()
  stream.put(SHARD, 'at that instant')
  clock.advance(1)
  stream.put(SHARD, 'after')
  const r = reading({ stopAtMs }, { clock, stream })
  await settle()
  r.take()
  t.same(r.values, ['before', 'at that instant'])
  t.same(r.end, { type: 'stopped' })
})

t.test('stopping at an instant that has not come yet, it waits for it', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const r = reading({ stopAtMs: clock.now() + 5000 }, { clock, stream })
  for (let i = 0; i < 20 && r.end === null; i++) {
    if (clock.now() < r.clock.now() + 1 && i < 8) stream.put(SHARD, `at ${i}`)
    await clock.pass(500)
    r.take()
  }
  await clock.pass(1000)
  r.take()
  t.same(r.end, { type: 'stopped' })
  t.equal(r.values.length, 8)
})

t.test('a shard that ended before the instant is finished, not stopped', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  stream.put(SHARD, 'a')
  stream.split(SHARD)
  const r = reading({ stopAtMs: clock.now() }, { clock, stream })
  await settle()
  r.take()
  t.match(r.end, { type: 'shard-end' })
})

t.test('a shard whose last records came too late is stopped, so that a restore reads them', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  stream.put(SHARD, 'a')
  const stopAtMs = clock.now()
  clock.advance(1)
  stream.put(SHARD, 'late')
  stream.split(SHARD)
  const r = reading({ stopAtMs }, { clock, stream })
  await settle()
  r.take()
  t.same(r.values, ['a'])
  t.same(r.end, { type: 'stopped' })
})

t.test('whatever fails in between, every record is read once and in order', async t => {
  const codes = ['THROTTLED', 'SERVICE_FAILED', 'ENDPOINT_UNREACHABLE', 'ITERATOR_EXPIRED'] as const
  const step = fc.oneof(
    fc.record({ do: fc.constant('put' as const), n: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('take' as const), n: fc.constant(1) }),
    fc.record({ do: fc.constant('expire' as const), n: fc.constant(1) }),
    fc.record({ do: fc.constant('fail' as const), n: fc.nat() }),
    fc.record({ do: fc.constant('wait' as const), n: fc.integer({ min: 1, max: 1000 }) }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: 'max' }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, maxRecordCount) => {
        const r = reading({ maxRecordCount })
        let put = 0
        for (const s of steps) {
          if (s.do === 'put') r.stream.put(SHARD, ...Array.from({ length: s.n }, () => String(put++)))
          else if (s.do === 'take') r.take()
          else if (s.do === 'expire') r.stream.expireIterators()
          else if (s.do === 'fail')
            r.stream.fail(s.n % 3 === 0 ? 'getShardIterator' : 'getRecords', codes[s.n % codes.length]!)
          else await r.clock.pass(s.n)
          await settle()
        }
        r.stream.put(SHARD, String(put++))
        r.stream.split(SHARD)
        for (let i = 0; i < 500 && r.end === null; i++) {
          r.take()
          await r.clock.pass(200)
        }
        if (r.failure !== null) throw r.failure
        const expected = Array.from({ length: put }, (_, i) => String(i))
        if (JSON.stringify(r.values) !== JSON.stringify(expected)) throw new Error(`read ${r.values.join()}`)
      },
    ),
    { numRuns: 60 },
  )
  t.pass('held')
})

t.test('an answer without a next iterator does not end a shard that is open: it is asked for again', async t => {
  const r = reading({ maxRecordCount: 2 })
  r.stream.put(SHARD, 'a', 'b', 'c')
  r.stream.tampering.getRecords.push(answer => ({ ...answer, nextShardIterator: null }))
  await r.clock.pass(1000, 100)
  r.take()
  await r.clock.pass(1000, 100)
  r.take()
  t.same(r.values, ['a', 'b', 'c'])
  t.equal(r.end, null)
  r.reader.close()
})

t.test('a shard whose end names no children has ended when the listing shows it closed, or it is gone', async t => {
  for (const expired of [false, true]) {
    const r = reading()
    r.stream.namesChildren = false
    r.stream.put(SHARD, 'a')
    await r.clock.pass(500, 100)
    r.take()
    r.stream.split(SHARD)
    if (expired) r.stream.expire(SHARD)
    await r.clock.pass(1000, 100)
    r.take()
    t.match(r.end, { type: 'shard-end', childShards: [] })
  }
})

t.test('a shard that is closed after an answer without an iterator is read to its end', async t => {
  const r = reading()
  r.stream.namesChildren = false
  r.stream.put(SHARD, 'a')
  await r.clock.pass(500, 100)
  r.take()
  // Between the answer and the listing a record is written, and the shard is split.
  r.stream.tampering.getRecords.push(answer => {
    r.stream.put(SHARD, 'b')
    r.stream.split(SHARD)
    return { ...answer, nextShardIterator: null, childShards: [] }
  })
  for (let i = 0; i < 4; i++) {
    await r.clock.pass(500, 100)
    r.take()
  }
  t.same(r.values, ['a', 'b'])
  t.match(r.end, { type: 'shard-end' })
  r.reader.close()
})

t.test('children of another shard do not end this one', async t => {
  const r = reading()
  r.stream.put(SHARD, 'a')
  const range = { startingHashKey: '0', endingHashKey: '1' }
  const stranger = { shardId: shardIdOf(9), parentShards: [shardIdOf(8)], ...range }
  r.stream.tampering.getRecords.push(answer => ({ ...answer, nextShardIterator: null, childShards: [stranger] }))
  await r.clock.pass(1000, 100)
  r.take()
  t.same(r.values, ['a'])
  t.equal(r.end, null)
  r.reader.close()
})

t.test('an answer that repeats records is refused, and the next ones are read', async t => {
  const r = reading({ maxRecordCount: 2 })
  r.stream.put(SHARD, 'a', 'b', 'c', 'd')
  let older: GetRecordsResult
  r.stream.tampering.getRecords.push(
    answer => (older = answer),
    () => older,
  )
  for (let i = 0; i < 4; i++) {
    await r.clock.pass(1000, 100)
    r.take()
  }
  t.same(r.values, ['a', 'b', 'c', 'd'])
  t.equal(r.failure, null)
  r.reader.close()
})

t.test('answers that always repeat records fail the job, with the numbers', async t => {
  const r = reading({ maxRecordCount: 2, retryMaxAttempts: 3 })
  r.stream.put(SHARD, 'a', 'b', 'c', 'd')
  let older: GetRecordsResult
  const again = (): GetRecordsResult => older
  r.stream.tampering.getRecords.push(answer => (older = answer), again, again, again)
  for (let i = 0; i < 4; i++) {
    await r.clock.pass(1000, 100)
    r.take()
  }
  t.same(r.values, ['a', 'b'])
  t.match(r.failure, {
    code: 'SERVICE_FAILED',
    message:
      /GetRecords on shard shardId-0+ failed: .* sequence number 40+1, which is not after .* 40+2\. Gave up after 3 attempts/,
  })
})

t.test('an answer that cannot be used is asked for again', async t => {
  const r = reading()
  r.stream.put(SHARD, 'a')
  r.stream.fail('getRecords', 'RESPONSE_INVALID', { times: 3 })
  await r.clock.pass(5000, 100)
  r.take()
  t.same(r.values, ['a'])
  r.reader.close()
})

t.test('a time that the service has not reached yet is put back by what its clock may be behind, once', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const at = clock.now()
  stream.put(SHARD, 'a')
  stream.clockSlackMs = [700, 300]
  stream.serviceNowMs = () => clock.now() - 650
  const r = reading({}, { clock, stream, position: { type: 'AT_TIMESTAMP', timestampMs: at } })
  await settle()
  r.take()
  t.same(
    stream.callsOf('getShardIterator').map(c => c.position),
    [at, at - 700].map(timestampMs => ({ type: 'AT_TIMESTAMP', timestampMs })),
  )
  t.same(r.values, ['a'])
  r.reader.close()
  stream.serviceNowMs = () => at - 5000
  const tooFar = reading({}, { clock, stream, position: { type: 'AT_TIMESTAMP', timestampMs: at } })
  await settle()
  t.match(tooFar.failure, { code: 'VALIDATION_FAILED', message: /in the future/ })
})

t.test(
  'stopping at "latest" with a clock that is behind, it reads what was there before, and ends without waiting',
  async t => {
    const clock = new ManualClock()
    const stream = new FakeStream(clock)
    const submitted = clock.now()
    // The service's clock is 600 ms ahead; its answers allow up to 800.
    clock.advance(600)
    stream.put(SHARD, 'before')
    clock.advance(-600)
    stream.clockSlackMs = [200, 800]
    const r = reading({ stopAtMs: submitted + 800, stopAtLocalMs: submitted }, { clock, stream })
    await settle()
    r.take()
    await r.clock.pass(300, 100)
    r.take()
    t.same(r.values, ['before'])
    t.match(r.end, { type: 'stopped' })
  },
)
