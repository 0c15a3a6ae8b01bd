import { decode, encode } from 'cborg'
import fc from 'fast-check'
import t from 'tap'

import type { EntryRun } from '../../../../core/aws/kinesis/put-records-codec.ts'
import {
  decodePutRecordsCbor,
  decodePutRecordsJson,
  encodePutRecordsCbor,
  encodePutRecordsJson,
} from '../../../../core/aws/kinesis/put-records-codec.ts'
import type { Entry } from '../../fakes/fake-sink-stream.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'

interface Body {
  readonly StreamName?: string
  readonly StreamARN?: string
  readonly Records: readonly { readonly Data: Uint8Array; readonly PartitionKey: string }[]
}

const byName = { streamName: 'out', streamArn: null }
const byArn = { streamName: 'out', streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/out' }

const cborBody = (runs: readonly EntryRun[], target = byName as typeof byName | typeof byArn): Body =>
  decode(encodePutRecordsCbor(target, runs, size => Buffer.alloc(size, 0xee))) as Body
const jsonBody = (runs: readonly EntryRun[], target = byName as typeof byName | typeof byArn): Body => {
  const body = JSON.parse(encodePutRecordsJson(target, runs).toString()) as Body
  return { ...body, Records: body.Records.map(r => ({ ...r, Data: Buffer.from(String(r.Data), 'base64') })) }
}
const entriesIn = (body: Body): Entry[] => body.Records.map(r => [r.PartitionKey, Buffer.from(r.Data).toString()])

t.test('a request names its stream by ARN where there is one, else by name', async t => {
  for (const bodyOf of [cborBody, jsonBody]) {
    t.match(bodyOf([runOf([['k', 'v']])], byArn), { StreamARN: byArn.streamArn })
    t.match(bodyOf([runOf([['k', 'v']])], byName), { StreamName: 'out' })
  }
})

t.test('whatever the entries, and however they lie in their slabs, another decoder reads the same', async t => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  const entry = fc.tuple(
    text.filter(k => k !== ''),
    fc.oneof(
      text,
      fc.integer({ min: 0, max: 3000 }).map(n => 'x'.repeat(n)),
    ),
  )
  const run = fc.tuple(fc.array(entry, { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat()).map(([entries, a, b]) => {
    const whole = runOf(entries)
    const [from, to] = [a % entries.length, (b % entries.length) + 1].sort((x, y) => x - y) as [number, number]
    return { ...whole, from, to }
  })
  fc.assert(
    fc.property(fc.array(run, { maxLength: 5 }), runs => {
      const expected = JSON.stringify(entriesOf(runs))
      if (JSON.stringify(entriesIn(cborBody(runs))) !== expected) throw new Error('CBOR differs')
      if (JSON.stringify(entriesIn(jsonBody(runs))) !== expected) throw new Error('JSON differs')
    }),
    { numRuns: 200 },
  )
  t.pass('held')
})

t.test('entries that lie far apart, or overlap, in a slab', async t => {
  const slab = Buffer.alloc(100_000, 'x')
  slab.write('first', 10)
  slab.write('second', 99_000)
  const run: EntryRun = {
    slab,
    dataOffset: Uint32Array.of(99_000, 10, 10),
    dataLength: Uint32Array.of(6, 5, 3),
    ...pick(
      runOf([
        ['a', ''],
        ['b', ''],
        ['c', ''],
      ]),
    ),
    from: 0,
    to: 3,
  }
  t.same(entriesIn(cborBody([run])), [
    ['a', 'second'],
    ['b', 'first'],
    ['c', 'fir'],
  ])
})

const pick = ({ keySlab, keyOffset, keyLength }: EntryRun) => ({ keySlab, keyOffset, keyLength })

t.test('the failed entries of an answer, in CBOR and JSON', async t => {
  const failed = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' }
  const ok = { ShardId: 'shardId-000000000000', SequenceNumber: '1' }
  const answers = [
    [{ FailedRecordCount: 0, Records: [ok, ok] }, []],
    [{ FailedRecordCount: 1, Records: [ok, failed, ok] }, [1]],
    [{ EncryptionType: 'NONE', Records: [failed, ok, failed], FailedRecordCount: 2 }, [0, 2]],
    [{ FailedRecordCount: 1, Records: [{ ...ok, ErrorCode: null, ErrorMessage: null }, failed] }, [1]],
  ] as const
  for (const [answer, indices] of answers)
    for (const got of [
      decodePutRecordsCbor(Buffer.from(encode(answer)), answer.Records.length),
      decodePutRecordsJson(Buffer.from(JSON.stringify(answer)), answer.Records.length),
      decodePutRecordsJson(Buffer.from(JSON.stringify(answer, null, 2)), answer.Records.length),
    ])
      t.same(
        got.failed,
        indices.map(index => ({ index, errorCode: failed.ErrorCode, errorMessage: failed.ErrorMessage })),
      )
})

t.test('where each entry was written, for who asks', async t => {
  const answer = {
    FailedRecordCount: 1,
    Records: [
      { ShardId: 'a', SequenceNumber: '1' },
      { ErrorCode: 'X', ErrorMessage: '' },
      { ShardId: 'b', SequenceNumber: '2' },
    ],
  }
  for (const got of [
    decodePutRecordsCbor(Buffer.from(encode(answer)), 3, true),
    decodePutRecordsJson(Buffer.from(JSON.stringify(answer)), 3, true),
  ])
    t.same(got.shardIds, ['a', null, 'b'])
  const written = { FailedRecordCount: 0, Records: [{ ShardId: 'c', SequenceNumber: '1' }] }
  t.same(decodePutRecordsCbor(Buffer.from(encode(written)), 1, true).shardIds, ['c'])
  t.same(decodePutRecordsJson(Buffer.from(JSON.stringify(written)), 1, true).shardIds, ['c'])
})

t.test('explicit hash keys, where an entry has one', async t => {
  const texts = ['0', '', String(2n ** 128n - 1n)]
  const lengths = texts.map(x => x.length)
  const hashKeys = {
    slab: Buffer.from(`..${texts.join('')}`),
    offset: Uint32Array.of(2, 3, 3),
    length: Uint32Array.from(lengths),
  }
  const run = { ...runOf(texts.map((_, i) => [`k${i}`, `v${i}`])), hashKeys }
  for (const bodyOf of [cborBody, jsonBody]) {
    const { Records } = bodyOf([run])
    t.same(
      Records.map(r => (r as { ExplicitHashKey?: string }).ExplicitHashKey),
      ['0', undefined, texts[2]],
    )
    t.same(entriesIn({ Records }), entriesOf([run]))
  }
})

t.test('an answer that does not say what became of each entry is an error, never a success', async t => {
  const ok = { ShardId: 's', SequenceNumber: '1' }
  const failed = { ErrorCode: 'X', ErrorMessage: 'y' }
  for (const [answer, why] of [
    [{}, /Records is missing/],
    [{ FailedRecordCount: 0 }, /Records is missing/],
    [{ FailedRecordCount: 0, Records: null }, /Records is null/],
    [{ FailedRecordCount: 0, Records: [ok] }, /1 results for 2 records/],
    [{ FailedRecordCount: 0, Records: [ok, ok, ok] }, /3 results for 2 records/],
    [{ FailedRecordCount: 0, Records: [ok, failed] }, /names 1 of its 0 failed records/],
    [{ FailedRecordCount: 1, Records: [ok, ok] }, /names 0 of its 1 failed records/],
    [{ FailedRecordCount: 1, Records: [{ ShardId: 's' }, failed] }, /Records\[0\].SequenceNumber is missing/],
    [{ FailedRecordCount: 1, Records: [7, failed] }, /Records\[0\] is a number, not an object/],
    [{ FailedRecordCount: '1', Records: [ok, failed] }, /FailedRecordCount is a string, not a count/],
    [{ FailedRecordCount: 1, Records: [ok, { ErrorCode: 9 }] }, /Records\[1\].ErrorCode is a number, not text/],
  ] as const) {
    const expected = { name: 'InvalidAnswer', message: why }
    t.throws(() => decodePutRecordsCbor(Buffer.from(encode(answer)), 2), expected)
    t.throws(() => decodePutRecordsJson(Buffer.from(JSON.stringify(answer)), 2), expected)
  }
  t.throws(() => decodePutRecordsCbor(Buffer.from(encode([])), 1), { name: 'InvalidAnswer' })
  t.throws(() => decodePutRecordsJson(Buffer.from('<html>'), 1))
  const body = Buffer.from(encode({ FailedRecordCount: 1, Records: [failed] }))
  for (let end = 0; end < body.length; end++)
    t.throws(() => decodePutRecordsCbor(Buffer.from(body.subarray(0, end)), 1))
})
