import fc from 'fast-check'
import t from 'tap'

import { RecordLog } from '../../../emulator/store/record-log.ts'
import type { RecordRange } from '../../../emulator/store/record-log.ts'

function append(log: RecordLog, key: string, data: string, nowMs: number): number {
  const source = Buffer.from(key + data)
  const keyBytes = Buffer.byteLength(key)
  return log.append(source, 0, keyBytes, keyBytes, source.length, nowMs)
}

function texts({ runs }: RecordRange): string[] {
  return runs.flatMap(({ segment, from, to }) =>
    Array.from({ length: to - from }, (_, i) => {
      const key = segment.slab.toString('utf8', segment.keyStart(from + i), segment.keyEnd(from + i))
      const data = segment.slab.toString('utf8', segment.dataStart(from + i), segment.dataEnd(from + i))
      return `${key}=${data}`
    }),
  )
}

t.test('what was appended is read back in order, whatever the sizes', async () => {
  const record = fc.tuple(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 100_000).map(n => 'x'.repeat(n)),
    ),
  )
  fc.assert(
    fc.property(fc.array(record, { maxLength: 200 }), records => {
      const log = new RecordLog()
      records.forEach(([key, data], i) => {
        if (append(log, key, data, 0) !== i + 1) throw new Error('indices are consecutive from 1')
      })
      const all = log.read(0, Infinity, Infinity)
      const payload = records.reduce((sum, [key, data]) => sum + Buffer.byteLength(key) + Buffer.byteLength(data), 0)
      return (
        all.count === records.length &&
        all.payloadBytes === payload &&
        texts(all).join('\n') === records.map(([key, data]) => `${key}=${data}`).join('\n')
      )
    }),
    { numRuns: 40 },
  )
})

t.test('a read stops at the record bound and at the byte bound, but gives at least one record', async t => {
  const log = new RecordLog()
  for (let i = 1; i <= 10; i++) append(log, 'k', String(i).repeat(9), 0)
  t.equal(log.read(1, 3, Infinity).count, 3)
  t.same(texts(log.read(4, 10, 20)), ['k=444444444', 'k=555555555'])
  t.equal(log.read(4, 10, 20).nextIndex, 6)
  t.equal(log.read(1, 10, 1).count, 1)
  t.equal(log.read(11, 10, 100).count, 0)
  t.equal(log.read(11, 10, 100).nextIndex, 11)
})

t.test('trimming forgets what arrived before the horizon and frees its segments', async t => {
  const log = new RecordLog()
  for (let i = 0; i < 1000; i++) append(log, 'key', 'x'.repeat(100), i)
  const before = log.capacityBytes
  log.trim(500)
  t.equal(log.firstIndex, 501)
  t.equal(log.arrivalMs(500), undefined)
  t.equal(log.arrivalMs(501), 500)
  t.equal(log.read(0, Infinity, Infinity).count, 500)
  t.ok(log.capacityBytes < before)
  log.trim(5000)
  t.equal(log.firstIndex, log.nextIndex)
  t.equal(log.capacityBytes, 0)
  t.equal(append(log, 'key', 'again', 5000), 1001)
})

t.test('arrival times never go backwards, and are found by time', async t => {
  const log = new RecordLog()
  for (const ms of [10, 20, 15, 30]) append(log, 'k', 'v', ms)
  t.same(
    [1, 2, 3, 4].map(i => log.arrivalMs(i)),
    [10, 20, 20, 30],
  )
  t.equal(log.indexAtTime(0), 1)
  t.equal(log.indexAtTime(11), 2)
  t.equal(log.indexAtTime(31), 5)
})

t.test('a byte bound pushes out the oldest records', async t => {
  const log = new RecordLog(64 * 1024)
  for (let i = 0; i < 5000; i++) append(log, 'k', 'x'.repeat(100), 0)
  t.ok(log.firstIndex > 1)
  t.equal(log.read(0, Infinity, Infinity).nextIndex, 5001)
})

t.test('memory is a small multiple of what is retained', async t => {
  const log = new RecordLog()
  const records = 50_000
  for (let i = 0; i < records; i++) append(log, 'user-1234', 'x'.repeat(100), 0)
  t.ok(log.capacityBytes < records * 109 * 1.5, `${log.capacityBytes} bytes`)
})

t.test('records of alternating kinds lie in segments of their own, and do not take a large slab each', async t => {
  const log = new RecordLog()
  const source = Buffer.from('keydata')
  for (let i = 0; i < 100; i++) log.append(source, 0, 3, 3, 7, i, { encrypted: i % 2 === 1, keyless: false })
  const { runs } = log.read(1, Infinity, Infinity)
  t.same(
    runs.map(({ segment, from, to }) => [segment.kind.encrypted, to - from]),
    Array.from({ length: 100 }, (_, i) => [i % 2 === 1, 1]),
  )
  t.ok(log.capacityBytes <= 100 * 4096)
})
