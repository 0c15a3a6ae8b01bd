import { deaggregateSync } from 'aws-kinesis-agg'
import fc from 'fast-check'
import t from 'tap'

import { readUserRecords } from '../../../schemas/kpl/aggregated-record.ts'
import type { PackedRecord } from '../../../schemas/kpl/aggregated-record.ts'
import { RecordPacker } from '../../../schemas/kpl/record-packer.ts'

const MAX_HASH_KEY = String(2n ** 128n - 1n)

const record = fc.record({
  partitionKey: fc.constantFrom('a', 'b', 'ключ', 'x'.repeat(200)).map(k => Buffer.from(k)),
  explicitHashKey: fc.constantFrom(null, null, '0', '340282', MAX_HASH_KEY),
  data: fc
    .oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 120, maxLength: 140 }))
    .map(d => Buffer.from(d)),
})

function packed(records: readonly PackedRecord[]): Buffer {
  const packer = new RecordPacker()
  for (const r of records) if (!packer.tryAdd(r, Infinity)) throw new Error('refused')
  if (packer.count !== records.length) throw new Error('counted otherwise')
  const bytes = packer.pack()
  if (bytes.length !== packer.size) throw new Error(`${bytes.length} bytes, not ${packer.size}`)
  return bytes
}

const readable = (r: PackedRecord): unknown => [String(r.partitionKey), r.explicitHashKey, r.data.toString('hex')]

t.test("Amazon's own de-aggregator, and ours, read what was packed", async t => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 300, size: 'max' }), records => {
      const bytes = packed(records)
      const expected = JSON.stringify(records.map(readable))
      const padded = Buffer.concat([Buffer.from('..'), bytes, Buffer.from('.')])
      if (JSON.stringify(readUserRecords(padded, 2, bytes.length)!.map(readable)) !== expected) throw new Error('ours')
      const theirs: PackedRecord[] = []
      deaggregateSync(
        {
          kinesisSchemaVersion: '1.0',
          data: bytes.toString('base64'),
          partitionKey: 'a',
          sequenceNumber: '1',
          approximateArrivalTimestamp: 0,
        },
        true,
        (error, userRecords) => {
          if (error) throw error
          for (const u of userRecords as { partitionKey: string; explicitPartitionKey?: string; data: string }[])
            theirs.push({
              partitionKey: Buffer.from(u.partitionKey),
              explicitHashKey: u.explicitPartitionKey ?? null,
              data: Buffer.from(u.data, 'base64'),
            })
        },
      )
      // Theirs takes an explicit hash key in the first place of its table for none.
      const without = (rs: readonly PackedRecord[]): string =>
        JSON.stringify(rs.map(r => [String(r.partitionKey), r.data.toString('hex')]))
      if (without(theirs) !== without(records)) throw new Error('theirs')
    }),
    { numRuns: 150 },
  )
  t.pass('held')
})

t.test('a limit is kept to the byte', async t => {
  const records = Array.from({ length: 50 }, (_, i) => ({
    partitionKey: Buffer.from(`key ${i % 7}`),
    explicitHashKey: i % 3 === 0 ? String(i) : null,
    data: Buffer.alloc(i * 5),
  }))
  for (const maxSize of [200, 500, 1000, 5000]) {
    const packer = new RecordPacker()
    let n = 0
    while (n < records.length && packer.tryAdd(records[n]!, maxSize)) n++
    t.ok(packer.size <= maxSize)
    t.equal(packer.pack().length, packer.size)
    if (n < records.length) t.ok(packed(records.slice(0, n + 1)).length > maxSize, 'one more would be too much')
  }
})

t.test('what is no aggregate is none', async t => {
  const bytes = packed([{ partitionKey: Buffer.from('a'), explicitHashKey: null, data: Buffer.from('x') }])
  t.equal(readUserRecords(bytes, 0, bytes.length - 1), null)
  t.equal(readUserRecords(Buffer.from('hello, world, hello, world'), 0, 26), null)
  bytes[bytes.length - 1]! ^= 1
  t.equal(readUserRecords(bytes, 0, bytes.length), null)
})
