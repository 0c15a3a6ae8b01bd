import { deaggregateSync, RecordAggregator } from 'aws-kinesis-agg'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

import { deaggregate } from '../../../schemas/kpl/aggregated-record.ts'
import type { HashKeyRange } from '../../../schemas/kpl/aggregated-record.ts'
import type { RecordBatch } from '../../../core/foundation/record-batch/record-batch.ts'
import { batchOf, shardIdOf } from '../../core/fakes/fake-stream.ts'
import { AGGREGATE_CASES, LOW } from './aggregate-cases.ts'

declare module 'aws-kinesis-agg' {
  /** Exported, but missing in the package's own types. */
  class RecordAggregator {
    addUserRecord(record: { partitionKey: string; data: Buffer; explicitHashKey?: string }): void
    build(): { data: Uint8Array } | undefined
  }
}

interface UserRecord {
  readonly partitionKey: string
  readonly data: string
  readonly explicitHashKey?: string
}

const VECTORS = 'test/schemas/kpl/vectors/aggregated-records.json'
const WHOLE: HashKeyRange = { starting: 0n, ending: (1n << 128n) - 1n }
const hashOf = (key: string): bigint => BigInt(`0x${createHash('md5').update(key).digest('hex')}`)

/** Amazon's own aggregator packs. */
function aggregate(records: readonly UserRecord[]): Buffer {
  const aggregator = new RecordAggregator()
  for (const { partitionKey, data, explicitHashKey } of records)
    aggregator.addUserRecord({
      partitionKey,
      data: Buffer.from(data),
      ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
    })
  return Buffer.from(aggregator.build()!.data)
}

function batch(...data: (string | Buffer)[]): RecordBatch {
  const records = data.map((d, i) => ({
    sequenceNumber: `${100 + i}`,
    partitionKey: 'a',
    data: d,
    arrivalMs: 1000 + i,
  }))
  return batchOf('flights', shardIdOf(0), records)
}

const content = (b: RecordBatch) =>
  Array.from({ length: b.count }, (_, i) => {
    const { sequenceNumber, subSequenceNumber, partitionKey } = b.positions!.at(i)
    return [sequenceNumber, subSequenceNumber, partitionKey, String(b.value(i)), b.timestamp![i]]
  })

/** As the Java program prints them, which read them from a record with the key `outer`. */
function deliveredOf(out: RecordBatch): unknown[] {
  const delivered: unknown[] = []
  for (let i = 0; i < out.count; i++) {
    const { subSequenceNumber, partitionKey } = out.positions!.at(i)
    const data = (out.value(i) as Buffer).toString('base64')
    if (out.positions!.damageOf(i) !== null) continue
    delivered.push(subSequenceNumber === null ? ['0', 'outer', data] : [String(subSequenceNumber), partitionKey, data])
  }
  return delivered
}

function vectorsOf(): Map<string, unknown> {
  let root = import.meta.dirname
  while (!existsSync(path.join(root, VECTORS))) root = path.dirname(root)
  const vectors = JSON.parse(readFileSync(path.join(root, VECTORS), 'utf8')) as {
    readonly name: string
    readonly userRecords: readonly string[]
  }[]
  const withoutHashKey = (line: string): string[] => line.split('|').filter((_, i) => i !== 2)
  return new Map(vectors.map(v => [v.name, v.userRecords.map(withoutHashKey)]))
}

t.test(
  "an aggregate's records come with their own keys, its sequence number and arrival, and their place in it",
  async t => {
    const packed = aggregate([
      { partitionKey: 'x', data: 'one' },
      { partitionKey: 'y', data: '' },
      { partitionKey: 'x', data: 'drei ü' },
    ])
    const { batch: out, aggregates, dropped } = deaggregate(batch('before', packed, 'after'), WHOLE)
    t.same(content(out), [
      ['100', null, 'a', 'before', 1000],
      ['101', 0, 'x', 'one', 1001],
      ['101', 1, 'y', '', 1001],
      ['101', 2, 'x', 'drei ü', 1001],
      ['102', null, 'a', 'after', 1002],
    ])
    t.same([aggregates, dropped], [1, 0])
    t.same(
      Array.from({ length: out.count }, (_, i) => out.positions!.endsRecord(i)),
      [true, false, false, true, true],
    )
  },
)

t.test('a batch without aggregates is passed on as it is', async t => {
  const plain = batch('a', 'b', Buffer.from([0xf3, 0x89, 0x9a, 0xc2]))
  t.equal(deaggregate(plain, WHOLE).batch, plain)
})

t.test('what is no aggregate in every part is a record like any other', async t => {
  const packed = aggregate([{ partitionKey: 'x', data: 'one' }])
  const badSum = Buffer.from(packed)
  badSum[badSum.length - 1]! ^= 1
  const cut = packed.subarray(0, packed.length - 3)
  const body = Buffer.from([0x1a, 0x7f, 1, 2]) // a record that says it is longer than it is
  const noProtobuf = Buffer.concat([packed.subarray(0, 4), body, createHash('md5').update(body).digest()])
  for (const broken of [badSum, cut, noProtobuf]) t.same(deaggregate(batch(broken), WHOLE).batch.value(0), broken)
})

t.test('an aggregate with a record of another shard is dropped whole: its producer sends it again', async t => {
  const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`)
  const middle = 1n << 127n
  const low = keys.filter(k => hashOf(k) < middle).slice(0, 2)
  const high = keys.find(k => hashOf(k) >= middle)!
  const lower: HashKeyRange = { starting: 0n, ending: middle - 1n }
  const own = aggregate(low.map(partitionKey => ({ partitionKey, data: partitionKey })))
  const mixed = aggregate([...low, high].map(partitionKey => ({ partitionKey, data: partitionKey })))
  const result = deaggregate(batch(mixed, own), lower)
  t.same(
    content(result.batch).map(r => [r[0], r[3]]),
    low.map(k => ['101', k]),
  )
  t.same([result.aggregates, result.dropped, result.droppedUserRecords], [2, 1, 3])
  t.equal(deaggregate(batch(mixed), null).batch.count, 3, 'of a shard whose range is not known nothing is dropped')
})

t.test('an explicit hash key decides in place of the partition key', async t => {
  const packed = aggregate([{ partitionKey: 'x', data: 'one', explicitHashKey: '5' }])
  t.equal(deaggregate(batch(packed), { starting: 0n, ending: 9n }).batch.count, 1)
  t.equal(deaggregate(batch(packed), { starting: 6n, ending: 9n }).dropped, 1)
})

t.test("of every aggregate, whole or broken, what Amazon's consumer library delivers is delivered", async t => {
  const vectors = vectorsOf()
  for (const { name, starting, ending, data } of AGGREGATE_CASES) {
    const { batch: out } = deaggregate(batch(data), { starting, ending })
    t.same(deliveredOf(out), vectors.get(name), name)
  }
  t.equal(vectors.size, AGGREGATE_CASES.length)
})

t.test('what follows a broken record stays in the batch, with the reason why it cannot be delivered', async t => {
  const broken = AGGREGATE_CASES.find(c => c.name === 'a partition key with the index 7')!
  const { batch: out, dropped } = deaggregate(batch('before', broken.data, 'after'), WHOLE)
  t.same([out.count, dropped, out.positions!.hasDamage], [5, 0, true])
  t.same(content(out).slice(2, 4), [
    ['101', 1, 'a', 'two', 1001],
    ['101', 2, LOW, 'three', 1001],
  ])
  const reason =
    'Record 1 of the aggregate is broken: its partition key has the index 7, and the aggregate has 1 partition keys.'
  t.same(
    Array.from({ length: out.count }, (_, i) => out.positions!.damageOf(i)),
    [null, null, reason, `${reason} Amazon's consumer library does not deliver the records after it either.`, null],
  )
  t.same([out.positions!.endsRecord(2), out.positions!.endsRecord(3)], [false, true])
  t.equal(out.slice(3, 5).positions!.damageOf(0)?.startsWith(reason), true, 'in a slice, too')
  t.equal(
    deaggregate(batch('x', aggregate([{ partitionKey: 'x', data: 'one' }])), WHOLE).batch.positions!.hasDamage,
    false,
  )
})

t.test("whatever Amazon's aggregator packs comes out, as Amazon's own reader sees it", async t => {
  const record = fc.record({
    // Amazon's packer has its keys as an object's, which '__proto__' cannot be, and of which numbers come first.
    partitionKey: fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
      .filter(key => key !== '__proto__' && !/^\d+$/.test(key)),
    data: fc.string(),
  })
  fc.assert(
    fc.property(fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }), lots => {
      const packed = lots.map(aggregate)
      const theirs = packed.flatMap(data => {
        let records: { partitionKey: string; data: string }[] = []
        deaggregateSync(
          { data: data.toString('base64'), partitionKey: 'a', sequenceNumber: '1', explicitHashKey: '' },
          true,
          (error, found) => {
            if (error) throw error
            records = found as never
          },
        )
        return records.map(r => [r.partitionKey, Buffer.from(r.data, 'base64').toString()])
      })
      const ours = content(deaggregate(batch(...packed), WHOLE).batch).map(r => [r[2], r[3]])
      t.same(
        ours,
        lots.flat().map(r => [r.partitionKey, r.data]),
      )
      t.same(ours, theirs)
    }),
    { numRuns: 50 },
  )
})
