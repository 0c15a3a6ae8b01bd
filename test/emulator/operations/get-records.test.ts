import { GetRecordsCommand } from '@aws-sdk/client-kinesis'
import t from 'tap'

import { getRecordsCbor } from '../../../emulator/protocol/get-records-output.ts'
import { Shard } from '../../../emulator/store/shard.ts'
import type { Decoded, ManualEmulator } from '../harness.ts'
import { cbor, client, emulator, iterator, json, shardId } from '../harness.ts'

const MIB = 1024 * 1024
const get = async (kinesis: ManualEmulator, ShardIterator: string, more: object = {}): Promise<Decoded> =>
  json(kinesis, 'GetRecords', { ShardIterator, ...more })

function fill(kinesis: ManualEmulator, count: number): void {
  kinesis.put(
    'flights',
    Array.from({ length: count }, (_, i) => ({ data: Buffer.of(i), partitionKey: `key-${i}` })),
  )
}

t.test('the stock client reads what was put, in order, with keys and arrival times', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', [{ data: 'eins', partitionKey: 'k1' }])
  kinesis.clock.advance(7)
  kinesis.put('flights', [{ data: Buffer.of(0, 255), partitionKey: 'Schlüssel' }])
  const sdk = client(t, kinesis)
  const output = await sdk.send(new GetRecordsCommand({ ShardIterator: await iterator(kinesis) }))
  const nowMs = kinesis.clock.now()
  t.same(
    output.Records?.map(r => [Buffer.from(r.Data!).toString('hex'), r.PartitionKey, r.ApproximateArrivalTimestamp]),
    [
      [Buffer.from('eins').toString('hex'), 'k1', new Date(nowMs - 7)],
      ['00ff', 'Schlüssel', new Date(nowMs)],
    ],
  )
  t.equal(output.MillisBehindLatest, 0)
  t.equal((await sdk.send(new GetRecordsCommand({ ShardIterator: output.NextShardIterator }))).Records?.length, 0)
})

t.test('CBOR and JSON give the same records', async t => {
  const kinesis = await emulator(t, { limits: false })
  const sizes = [0, 1, 23, 24, 255, 256, 65_535, 65_536]
  kinesis.put(
    'flights',
    sizes.map((size, i) => ({ data: Buffer.alloc(size, i), partitionKey: 'ä'.repeat(i * 30 + 1) })),
  )
  const start = await iterator(kinesis)
  const fromJson = await get(kinesis, start)
  const fromCbor = await cbor(kinesis, 'GetRecords', { ShardIterator: start })
  t.same(
    fromCbor.Records.map((record: Decoded) => ({
      ...record,
      Data: Buffer.from(record.Data).toString('base64'),
      ApproximateArrivalTimestamp: Number(record.ApproximateArrivalTimestamp) / 1000,
    })),
    fromJson.Records,
  )
  t.equal(fromJson.Records.length, sizes.length)
  t.equal(fromCbor.MillisBehindLatest, 0)
})

t.test('a record in CBOR is these bytes', async t => {
  const range = { start: 0n, end: 1n }
  const shard = new Shard({ number: 1, range, stamp: 1_735_689_600_000, openedMs: 0, parents: [], maxBytes: Infinity })
  shard.log.append(Buffer.from('keydata'), 0, 3, 3, 7, 1_735_689_600_123)
  const bytes = getRecordsCbor({ shard, range: shard.log.read(1, 10, 100), members: { MillisBehindLatest: 0 } })
  const golden = [
    'a2 67 5265636f726473 81',
    'a4 6e 53657175656e63654e756d626572 78 38',
    Buffer.from('49017356896000000000010000000000000001735694807068807919').toString('hex'),
    '78 1b 417070726f78696d6174654172726976616c54696d657374616d70 c1 1b 000001941f297c7b',
    '6c 506172746974696f6e4b6579 63 6b6579',
    '64 44617461 44 64617461',
    '72 4d696c6c6973426568696e644c6174657374 00',
  ]
  t.equal(bytes.toString('hex'), golden.join('').replaceAll(' ', ''))
})

t.test('a record that is encrypted, and one without a key, is these bytes', async t => {
  const range = { start: 0n, end: 1n }
  const shard = new Shard({ number: 1, range, stamp: 1_735_689_600_000, openedMs: 0, parents: [], maxBytes: Infinity })
  const source = Buffer.from('keydata')
  shard.log.append(source, 0, 3, 3, 7, 1_735_689_600_123, { encrypted: true, keyless: false })
  shard.log.append(source, -1, -1, 3, 7, 1_735_689_600_123, { encrypted: false, keyless: true })
  const bytes = getRecordsCbor({ shard, range: shard.log.read(1, 10, 100), members: {} })
  const number = (last: string): string => `6e 53657175656e63654e756d626572 78 38 ${Buffer.from(last).toString('hex')}`
  const arrival = '78 1b 417070726f78696d6174654172726976616c54696d657374616d70 c1 1b 000001941f297c7b'
  const golden = [
    'a1 67 5265636f726473 82',
    `a5 ${number('49017356896000000000010000000000000001735694807068807919')} ${arrival}`,
    '6e 456e6372797074696f6e54797065 63 4b4d53',
    '6c 506172746974696f6e4b6579 63 6b6579',
    '64 44617461 44 64617461',
    `a3 ${number(shard.sequence.format(2))} ${arrival}`,
    '64 44617461 44 64617461',
  ]
  t.equal(bytes.toString('hex'), golden.join('').replaceAll(' ', ''))
})

t.test('a call gives at most Limit records, 10000 by default', async t => {
  const kinesis = await emulator(t, { limits: false })
  fill(kinesis, 10_001)
  const start = await iterator(kinesis)
  const all = await get(kinesis, start)
  t.equal(all.Records.length, 10_000)
  t.equal((await get(kinesis, all.NextShardIterator)).Records.length, 1)
  t.equal((await get(kinesis, start, { Limit: 3 })).Records.length, 3)
  for (const Limit of [0, 10_001]) await t.rejects(get(kinesis, start, { Limit }), { name: 'ValidationException' })
})

t.test('a call gives at most 10 MiB, and pays it off for the five seconds that follow', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', Array(12).fill({ data: Buffer.alloc(MIB - 1), partitionKey: 'k' }))
  const first = await get(kinesis, await iterator(kinesis))
  t.equal(first.Records.length, 10)
  kinesis.clock.advance(4000)
  await t.rejects(get(kinesis, first.NextShardIterator), { name: 'ProvisionedThroughputExceededException' })
  kinesis.clock.advance(1000)
  t.equal((await get(kinesis, first.NextShardIterator)).Records.length, 2)
})

t.test('a shard takes five calls a second', async t => {
  const kinesis = await emulator(t)
  const start = await iterator(kinesis)
  for (let i = 0; i < 5; i++) await get(kinesis, start)
  await t.rejects(get(kinesis, start), {
    name: 'ProvisionedThroughputExceededException',
    message: `Rate exceeded for shard ${shardId(0)} in stream flights under account 000000000000.`,
  })
  kinesis.clock.advance(1000)
  await t.resolves(get(kinesis, start))
})

t.test('MillisBehindLatest is how long the next record has waited, and 0 only when there is none', async t => {
  const kinesis = await emulator(t, { limits: false })
  fill(kinesis, 2)
  const start = await iterator(kinesis)
  t.equal((await get(kinesis, start, { Limit: 1 })).MillisBehindLatest, 1)
  kinesis.clock.advance(5000)
  t.equal((await get(kinesis, start, { Limit: 1 })).MillisBehindLatest, 5000)
  t.equal((await get(kinesis, start)).MillisBehindLatest, 0)
})

t.test('an iterator expires five minutes after it was issued', async t => {
  const kinesis = await emulator(t)
  const start = await iterator(kinesis)
  kinesis.clock.advance(300_000)
  const { NextShardIterator: next } = await get(kinesis, start)
  kinesis.clock.advance(1)
  await t.rejects(get(kinesis, start), { name: 'ExpiredIteratorException', message: /300000 milliseconds/ })
  await t.resolves(get(kinesis, next))
})

t.test('an iterator that was tampered with is refused', async t => {
  const kinesis = await emulator(t, { limits: false })
  const start = await iterator(kinesis)
  for (const bad of ['AAAA', start.slice(0, -4), `${start}AAAA`, start.replace(/.(?=.{9}$)/, '-')]) {
    await t.rejects(get(kinesis, bad), { name: 'InvalidArgumentException' })
  }
})

t.test('at the end of a closed shard there is no next iterator, and the children are named', async t => {
  const kinesis = await emulator(t, { limits: false })
  fill(kinesis, 3)
  const start = await iterator(kinesis)
  kinesis.splitShard('flights', shardId(0))
  const partial = await get(kinesis, start, { Limit: 2 })
  t.type(partial.NextShardIterator, 'string')
  t.notOk('ChildShards' in partial)
  const last = await get(kinesis, partial.NextShardIterator)
  t.equal(last.Records.length, 1)
  t.notOk('NextShardIterator' in last)
  t.equal(last.MillisBehindLatest, 0)
  const half = 2n ** 127n
  t.same(last.ChildShards, [
    {
      ShardId: shardId(1),
      ParentShards: [shardId(0)],
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(half - 1n) },
    },
    {
      ShardId: shardId(2),
      ParentShards: [shardId(0)],
      HashKeyRange: { StartingHashKey: String(half), EndingHashKey: String(half * 2n - 1n) },
    },
  ])
  kinesis.mergeShards('flights', shardId(1), shardId(2))
  const merged = await get(kinesis, await iterator(kinesis, 'LATEST', { ShardId: shardId(2) }))
  t.match(merged.ChildShards, [{ ShardId: shardId(3), ParentShards: [shardId(1), shardId(2)] }])
})

t.test('an iterator whose records were trimmed meanwhile goes on at the horizon', async t => {
  const kinesis = await emulator(t)
  kinesis.clock.advance(86_400_000 - 60_000)
  fill(kinesis, 1)
  const start = await iterator(kinesis)
  kinesis.clock.advance(120_000)
  fill(kinesis, 1)
  t.equal((await get(kinesis, start)).Records.length, 2)
})

t.test('a StreamARN that is not the iterator’s is refused', async t => {
  const kinesis = await emulator(t, { streams: { flights: 1, trains: 1 } })
  const start = await iterator(kinesis)
  await t.resolves(get(kinesis, start, { StreamARN: kinesis.streamArn('flights') }))
  await t.rejects(get(kinesis, start, { StreamARN: kinesis.streamArn('trains') }), { name: 'InvalidArgumentException' })
})
