import fc from 'fast-check'
import t from 'tap'
import { ServiceError } from '../../../../../../core/foundation/errors.ts'
import type { GetRecordsResult } from '../../../../../../core/aws/kinesis/get-records-result.ts'
import { FakeStream } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle, until } from '../../../../fakes/manual-clock.ts'
import { SHARD, reading } from '../../../../fakes/polling.ts'

t.test('after the first throttle a shard is asked at most five times a second, as the service allows', async t => {
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

t.test('an expired iterator is renewed after the last record that was read; no record is repeated or lost', async t => {
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

t.test('temporary failures are retried after pauses that grow up to a bound', async t => {
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

t.test('reading fails after the number of attempts that the option allows, and the error names the option', async t => {
  const r = reading({ retryMaxAttempts: 3 })
  r.stream.fail('getRecords', 'ENDPOINT_UNREACHABLE', { times: 10 })
  await r.clock.pass(10_000, 100)
  t.match(r.failure, {
    code: 'SERVICE_FAILED',
    message: /The source gives up after 3 attempts \(retry-strategy.attempts.max\)/,
  })
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

t.test('a permanent failure ends reading at once', async t => {
  for (const code of ['ACCESS_DENIED', 'STREAM_NOT_FOUND'] as const) {
    const r = reading()
    r.stream.fail('getRecords', code)
    await settle()
    t.match(r.failure, { code })
  }
})

t.test('a position whose records have expired is replaced by the oldest record, with a warning', async t => {
  const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' } as const
  const stream = new FakeStream(new ManualClock())
  stream.put(SHARD, 'oldest')
  stream.fail('getShardIterator', 'VALIDATION_FAILED')
  const r = reading({}, { position, stream, split: { lastArrivalMs: Date.UTC(2026, 0, 1) } })
  await settle()
  r.take()
  t.same(r.values, ['oldest'])
  t.match(r.warnings, [/shardId-000000000000: .* sequence number 1 .* may have been missed \(from 2026-01-01T00:00:00/])
  t.equal(r.failure, null)
  r.reader.close()
})

t.test(
  'reading begins at the continuation of enhanced fan-out, or at the last record if the service refuses it',
  async t => {
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
  },
)

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
  t.match(r.failure, { code: 'SERVICE_FAILED', message: /The source gives up after 3 attempts/ })
})

t.test('every record is read once and in order, whatever calls fail', async t => {
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
      /GetRecords on shard shardId-0+ failed: .* sequence number 40+1, which is not after .* 40+2\. The source gives up after 3 attempts/,
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
