import { encode, Token, Type } from 'cborg'
import fc from 'fast-check'
import t from 'tap'

import { InvalidAnswer } from '../../../../core/aws/service/answer-checks.ts'
import { compareSequenceNumbers } from '../../../../core/aws/kinesis/sequence-numbers.ts'
import type { GetRecordsResult } from '../../../../core/aws/kinesis/get-records-result.ts'
import { decodeGetRecordsJson } from '../../../../core/aws/kinesis/get-records-json.ts'
import { decodeGetRecordsCbor } from '../../../../core/aws/kinesis/get-records-cbor.ts'

interface Rec {
  readonly data: Buffer
  readonly key: string
  readonly sequenceNumber: string
  readonly arrivalMs: number
}

interface Answer {
  readonly records: readonly Rec[]
  readonly next: string | null
  readonly behind: number | null
  readonly children: readonly string[]
}

const answerOf = (overrides: Partial<Answer> = {}): Answer => ({
  records: [
    {
      data: Buffer.from('first'),
      key: 'ключ',
      sequenceNumber: '495903382714902566085596925383615710959215759891365888',
      arrivalMs: 1769860800123,
    },
    {
      data: Buffer.of(),
      key: 'k',
      sequenceNumber: '495903382714902566085596925383615710959215759891365889',
      arrivalMs: 1769860800999,
    },
    {
      data: Buffer.of(0, 255, 128),
      key: '𝕂',
      sequenceNumber: '1495903382714902566085596925383615710959215759891365888',
      arrivalMs: 1769860801001,
    },
  ],
  next: 'AAAAAiterator',
  behind: 17,
  children: [],
  ...overrides,
})

const childOf = (shardId: string) => ({
  ShardId: shardId,
  ParentShards: ['shardId-000000000000'],
  HashKeyRange: { StartingHashKey: '0', EndingHashKey: '17' },
})

/** As the service says it; epoch milliseconds as tag 1. */
function cborOf({ records, next, behind, children }: Answer): Buffer {
  const typeEncoders = { Date: (date: Date) => [new Token(Type.tag, 1), new Token(Type.uint, date.getTime())] }
  const value = {
    Records: records.map(r => ({
      ApproximateArrivalTimestamp: new Date(r.arrivalMs),
      Data: new Uint8Array(r.data),
      EncryptionType: 'NONE',
      PartitionKey: r.key,
      SequenceNumber: r.sequenceNumber,
    })),
    ...(next === null ? {} : { NextShardIterator: next }),
    MillisBehindLatest: behind,
    ...(children.length === 0 ? {} : { ChildShards: children.map(childOf) }),
  }
  return Buffer.from(encode(value, { typeEncoders }))
}

/** The same with arrays and maps of indefinite length, and times in seconds, as some emulators write them. */
function indefiniteCborOf({ records, next, behind, children }: Answer): Buffer {
  const [map, list, end] = [Buffer.of(0xbf), Buffer.of(0x9f), Buffer.of(0xff)]
  const e = (value: unknown): Buffer => Buffer.from(encode(value))
  return Buffer.concat([
    map,
    e('MillisBehindLatest'),
    e(behind),
    e('Records'),
    list,
    ...records.flatMap(r => [
      map,
      e('SequenceNumber'),
      e(r.sequenceNumber),
      e('Data'),
      e(new Uint8Array(r.data)),
      e('PartitionKey'),
      e(r.key),
      e('ApproximateArrivalTimestamp'),
      Buffer.concat([Buffer.of(0xc1), e(r.arrivalMs / 1000)]),
      end,
    ]),
    end,
    e('ChildShards'),
    e(children.map(childOf)),
    e('NextShardIterator'),
    e(next),
    end,
  ])
}

function jsonOf({ records, next, behind, children }: Answer): Buffer {
  return Buffer.from(
    JSON.stringify({
      Records: records.map(r => ({
        ApproximateArrivalTimestamp: r.arrivalMs / 1000,
        Data: r.data.toString('base64'),
        PartitionKey: r.key,
        SequenceNumber: r.sequenceNumber,
      })),
      NextShardIterator: next,
      MillisBehindLatest: behind,
      ...(children.length === 0 ? {} : { ChildShards: children.map(childOf) }),
    }),
  )
}

function plain({ batch, nextShardIterator, millisBehindLatest, childShards }: GetRecordsResult) {
  const records = Array.from({ length: batch.count }, (_, i) => ({
    data: (batch.value(i) as Buffer).toString('hex'),
    position: batch.positions!.at(i),
    arrivalMs: Math.round(batch.timestamp![i]!),
  }))
  return { payload: batch.payload, records, nextShardIterator, millisBehindLatest, childShards }
}

const expected = ({ records, next, behind, children }: Answer) => ({
  payload: 'bytes',
  records: records.map(r => ({
    data: r.data.toString('hex'),
    position: {
      stream: 'flights',
      shardId: 'shardId-0',
      sequenceNumber: r.sequenceNumber,
      subSequenceNumber: null,
      partitionKey: r.key,
    },
    arrivalMs: r.arrivalMs,
  })),
  nextShardIterator: next,
  millisBehindLatest: behind,
  childShards: children.map(shardId => ({
    shardId,
    parentShards: ['shardId-000000000000'],
    startingHashKey: '0',
    endingHashKey: '17',
  })),
})

const fromCbor = (body: Buffer): GetRecordsResult => decodeGetRecordsCbor(body, 'flights', 'shardId-0')
const fromJson = (body: Buffer): GetRecordsResult => decodeGetRecordsJson(body, 'flights', 'shardId-0')

t.test('definite CBOR, indefinite CBOR and JSON give the same', async t => {
  const answers = [
    answerOf(),
    answerOf({ records: [] }),
    answerOf({ next: null, behind: 0, children: ['shardId-000000000001', 'shardId-000000000002'] }),
  ]
  for (const answer of answers) {
    t.same(plain(fromCbor(cborOf(answer))), expected(answer))
    t.same(plain(fromCbor(indefiniteCborOf(answer))), expected(answer))
    t.same(plain(fromJson(jsonOf(answer))), expected(answer))
  }
})

/** As in a shard: each number once, the least first. */
const ascending = (records: readonly Rec[]): Rec[] =>
  [...new Map(records.map(r => [r.sequenceNumber, r])).values()].sort((a, b) =>
    compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber),
  )

t.test('a record of an encrypted stream has a field whose name is as long as SequenceNumber', async t => {
  const record = { Data: Buffer.of(1), PartitionKey: 'k', SequenceNumber: '7', EncryptionType: 'KMS' }
  const { batch } = fromCbor(Buffer.from(encode({ Records: [record], NextShardIterator: 'n' })))
  t.equal(batch.positions!.sequenceNumber(0), '7')
})

t.test('sequence numbers that do not ascend, or are no numbers, are refused in CBOR and JSON', async t => {
  for (const [numbers, why] of [
    [['2', '1'], /Records\[1\].SequenceNumber is not after/],
    [['5', '5'], /Records\[1\].SequenceNumber is not after/],
    [['10', '9'], /Records\[1\].SequenceNumber is not after/],
    [['123456781', '123456789', '123456785'], /Records\[2\].SequenceNumber is not after/],
    [['1', '12x4'], /Records\[1\].SequenceNumber is not a decimal/],
    [['12345678', '1234567:'], /Records\[1\].SequenceNumber is not a decimal/],
    [['-1'], /Records\[0\].SequenceNumber is not a decimal/],
  ] as const) {
    const records = numbers.map((sequenceNumber, i) => ({ data: Buffer.of(i), key: 'k', sequenceNumber, arrivalMs: 0 }))
    const answer = answerOf({ records })
    for (const decode of [
      () => fromCbor(cborOf(answer)),
      () => fromCbor(indefiniteCborOf(answer)),
      () => fromJson(jsonOf(answer)),
    ])
      t.throws(decode, { name: 'InvalidAnswer', message: why })
  }
})

t.test('fields that are missing or of another type are named', async t => {
  const record = { Data: 'YQ==', PartitionKey: 'k', SequenceNumber: '1' }
  const without = (name: keyof typeof record) => ({ ...record, [name]: undefined })
  for (const [answer, why] of [
    [null, /the answer is null/],
    [{ Records: null }, /Records is null/],
    [{ Records: [null] }, /Records\[0\] is null/],
    [{ Records: [without('Data')] }, /Records\[0\].Data is missing/],
    [{ Records: [without('PartitionKey')] }, /Records\[0\].PartitionKey is missing/],
    [{ Records: [without('SequenceNumber')] }, /Records\[0\].SequenceNumber is missing/],
    [{ Records: [{ ...record, Data: 'Y?==' }] }, /Records\[0\].Data is not base64/],
    [{ Records: [], NextShardIterator: 7 }, /NextShardIterator is a number/],
    [{ Records: [], MillisBehindLatest: '7' }, /MillisBehindLatest is a string/],
    [{ Records: [], ChildShards: {} }, /ChildShards is an object, not a list/],
    [{ Records: [], ChildShards: [{ ShardId: 's' }] }, /ChildShards\[0\].HashKeyRange is missing/],
  ] as const)
    t.throws(() => fromJson(Buffer.from(JSON.stringify(answer))), { name: 'InvalidAnswer', message: why })
  const bytes = { ...record, Data: Buffer.from('a') }
  for (const name of ['Data', 'PartitionKey', 'SequenceNumber'] as const) {
    const { [name]: _, ...rest } = bytes
    t.throws(() => fromCbor(Buffer.from(encode({ Records: [rest] }))), /Records\[0\] lacks/)
  }
  const sound = Buffer.from(encode({ Records: [bytes], NextShardIterator: 'n' }))
  t.throws(() => fromCbor(Buffer.concat([sound, Buffer.of(0)])), /bytes follow its end/)
})

t.test('any records survive all three', async t => {
  const record = fc.record({
    data: fc.uint8Array({ maxLength: 300 }).map(b => Buffer.from(b)),
    key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    sequenceNumber: fc.bigInt(0n, 1n << 186n).map(String),
    arrivalMs: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
  })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30, size: 'max' }), records => {
      const answer = answerOf({ records: ascending(records) })
      for (const got of [fromCbor(cborOf(answer)), fromCbor(indefiniteCborOf(answer)), fromJson(jsonOf(answer))])
        if (JSON.stringify(plain(got)) !== JSON.stringify(expected(answer))) throw new Error('differs')
    }),
    { numRuns: 60 },
  )
  t.pass('held')
})

t.test('CBOR data is not copied: the body is the slab', async t => {
  const body = cborOf(answerOf())
  t.equal(fromCbor(body).batch.slab, body)
})

t.test('more records than an indefinite array has room for at first', async t => {
  const records = Array.from({ length: 3000 }, (_, i) => ({
    data: Buffer.from(`r${i}`),
    key: 'k',
    sequenceNumber: String(i),
    arrivalMs: 1769860800000 + i,
  }))
  const { batch } = fromCbor(indefiniteCborOf(answerOf({ records })))
  t.equal(batch.count, 3000)
  t.same(
    [String(batch.value(2999)), batch.positions?.sequenceNumber(2999), batch.timestamp?.[2999]],
    ['r2999', '2999', 1769860802999],
  )
})

t.test('a body that was cut is an error wherever it was cut, never fewer records or the end of a shard', async t => {
  for (const [encode, decode] of [
    [cborOf, fromCbor],
    [indefiniteCborOf, fromCbor],
    [jsonOf, fromJson],
  ] as const) {
    const body = encode(answerOf({ children: ['shardId-000000000001'] }))
    for (let end = 0; end < body.length; end++)
      t.throws(() => decode(Buffer.from(body.subarray(0, end))), `cut at ${end}`)
  }
})

t.test('an answer without Records is an error: it would look like the end of the shard', async t => {
  t.throws(() => fromCbor(Buffer.from(encode({}))), /Records is missing/)
  t.throws(() => fromJson(Buffer.from('{}')), /Records is missing/)
  t.throws(() => fromCbor(Buffer.from(encode({ Records: 'none' }))), /Records is not a list/)
  t.throws(() => fromCbor(Buffer.from(encode([]))), /not a map/)
})

t.test('a head that promises four billion records is an error, not an allocation', async t => {
  const body = Buffer.concat([Buffer.of(0xa1), encode('Records'), Buffer.of(0x9a, 0xff, 0xff, 0xff, 0xff)])
  t.throws(() => fromCbor(body), RangeError)
})

t.test('garbage is an error of one kind', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      const body = Buffer.concat([Buffer.of(0xbf), encode('Records'), Buffer.from(bytes)])
      try {
        fromCbor(body)
      } catch (error) {
        return error instanceof RangeError || error instanceof InvalidAnswer
      }
      return true
    }),
    { numRuns: 1000 },
  )
  t.pass('held')
})
