import fc from 'fast-check'
import t from 'tap'

import { decodeJsonObject } from '../../../emulator/encoding/json.ts'
import { putRecordsOf, scanPutRecords } from '../../../emulator/protocol/put-records-input.ts'
import type { PutRecordsInput } from '../../../emulator/protocol/put-records-input.ts'
import { encodeCborg } from '../harness.ts'

interface Entry {
  readonly Data: Buffer
  readonly PartitionKey: string
  readonly ExplicitHashKey?: string
}

const entry: fc.Arbitrary<Entry> = fc.record(
  {
    Data: fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes)),
    PartitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    ExplicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
  },
  { requiredKeys: ['Data', 'PartitionKey'], noNullPrototype: true },
)

function entries({ records }: PutRecordsInput): Entry[] {
  return Array.from({ length: records.count }, (_, i) => {
    const hashKey = records.explicitHashKeys?.get(i)
    return {
      Data: Buffer.from(records.source.subarray(records.dataStarts[i], records.dataEnds[i])),
      PartitionKey: records.partitionKey(i),
      ...(hashKey === undefined ? {} : { ExplicitHashKey: hashKey }),
    }
  })
}

t.test('a CBOR body written by another library gives its records and its other members', async t => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), records => {
      const input = scanPutRecords(encodeCborg({ StreamName: 'flights', Records: records, StreamARN: 'arn' }))
      return t.strictSame(entries(input), records) && t.same(input.members, { StreamName: 'flights', StreamARN: 'arn' })
    }),
  )
})

t.test('a JSON body gives the same', async t => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), records => {
      const body = { StreamName: 'flights', Records: records.map(r => ({ ...r, Data: r.Data.toString('base64') })) }
      return t.strictSame(entries(putRecordsOf(decodeJsonObject(Buffer.from(JSON.stringify(body))))), records)
    }),
  )
})

t.test('indefinite maps, lists and chunked strings, as Java clients write them, give the same', async t => {
  const text = (value: string): string => (0x60 + value.length).toString(16) + Buffer.from(value).toString('hex')
  const record = `bf${text('Data')}43010203${text('PartitionKey')}${text('key')}ff`
  const chunked = `bf${text('PartitionKey')}7f${text('ke')}${text('y')}ff${text('Data')}5f4201024103ffff`
  for (const one of [record, chunked]) {
    const body = Buffer.from(`bf${text('Records')}9f${one}${record}ff${text('StreamName')}${text('s')}ff`, 'hex')
    const expected = { Data: Buffer.of(1, 2, 3), PartitionKey: 'key' }
    t.strictSame(entries(scanPutRecords(body)), [expected, expected])
  }
})

t.test('unknown members of a record are ignored', async t => {
  const body = encodeCborg({ StreamName: 's', Records: [{ Data: Buffer.of(1), PartitionKey: 'k', Other: { a: [1] } }] })
  t.strictSame(entries(scanPutRecords(body)), [{ Data: Buffer.of(1), PartitionKey: 'k' }])
})

t.test('what is missing, of the wrong type, or too much is named', async t => {
  const good = { Data: Buffer.of(1), PartitionKey: 'k' }
  const bad: [object, string, RegExp][] = [
    [{}, 'ValidationException', /'records' .* not be null/],
    [{ Records: [] }, 'ValidationException', /greater than or equal to 1/],
    [{ Records: Array(501).fill(good) }, 'ValidationException', /less than or equal to 500/],
    [{ Records: 'x' }, 'SerializationException', /not a list/],
    [{ Records: [1] }, 'SerializationException', /not a structure/],
    [{ Records: [good, { PartitionKey: 'k' }] }, 'ValidationException', /records\.2\.member\.data/],
    [{ Records: [{ Data: 1, PartitionKey: 'k' }] }, 'SerializationException', /Data/],
    [{ Records: [{ Data: Buffer.of(1), PartitionKey: 1 }] }, 'SerializationException', /PartitionKey/],
    [{ Records: [{ ...good, ExplicitHashKey: 1 }] }, 'SerializationException', /ExplicitHashKey/],
    [{ Records: [{ Data: '*', PartitionKey: 'k' }] }, 'SerializationException', /base64/],
  ]
  for (const [input, code, message] of bad) t.throws(() => scanPutRecords(encodeCborg(input)), { code, message })
})

t.test('a body cut short anywhere is refused', async t => {
  const body = encodeCborg({ StreamName: 's', Records: [{ Data: Buffer.from('data'), PartitionKey: 'k' }] })
  for (let end = 0; end < body.length; end++) {
    t.throws(() => scanPutRecords(body.subarray(0, end)), { code: 'SerializationException' })
  }
})
