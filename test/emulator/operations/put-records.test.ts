import { createHash } from 'node:crypto'

import { PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import t from 'tap'

import type { KinesisEmulator } from '../../../emulator/index.ts'
import { cbor, client, emulator, encodeCborg, json, raw, shardId, target } from '../harness.ts'

const KIB = 1024
const MIB = 1024 * KIB
const record = (bytes: number, key = 'k'): object => ({ Data: Buffer.alloc(bytes), PartitionKey: key })

/** Data may be in either form of the codecs; JSON wants base64. */
const put = async (kinesis: KinesisEmulator, records: unknown[]) =>
  cbor(kinesis, 'PutRecords', { StreamName: 'flights', Records: records })

t.test('the stock client’s records go to the shard that owns the MD5 of their key', async t => {
  const kinesis = await emulator(t, { streams: { flights: 3 } })
  const keys = Array.from({ length: 50 }, (_, i) => `Schlüssel ${i}`)
  const { Records: results = [], FailedRecordCount: failed } = await client(t, kinesis).send(
    new PutRecordsCommand({
      StreamName: 'flights',
      Records: keys.map(key => ({ Data: Buffer.from(`data of ${key}`), PartitionKey: key })),
    }),
  )
  t.equal(failed, 0)
  keys.forEach((key, i) => {
    const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
    t.equal(results[i]?.ShardId, shardId(Number(hash / (2n ** 128n / 3n))))
  })
  const stored = kinesis.records('flights').flatMap(({ records }) => records)
  t.same(new Set(stored.map(({ text }) => text)), new Set(keys.map(key => `data of ${key}`)))
  t.same(new Set(stored.map(each => each.sequenceNumber)), new Set(results.map(each => each.SequenceNumber)))
})

t.test('an explicit hash key overrides the partition key', async t => {
  const kinesis = await emulator(t, { streams: { flights: 2 } })
  const sdk = client(t, kinesis)
  const one = async (hashKey: string) =>
    sdk.send(
      new PutRecordCommand({ StreamName: 'flights', Data: Buffer.of(1), PartitionKey: 'k', ExplicitHashKey: hashKey }),
    )
  t.equal((await one('0')).ShardId, shardId(0))
  t.equal((await one(String(2n ** 127n - 1n))).ShardId, shardId(0))
  t.equal((await one(String(2n ** 127n))).ShardId, shardId(1))
  t.equal((await one(String(2n ** 128n - 1n))).ShardId, shardId(1))
  await t.rejects(one(String(2n ** 128n)), { name: 'InvalidArgumentException', message: /\[0, 2\^128-1\]/ })
})

t.test('sequence numbers of a shard grow strictly, over requests and within them', async t => {
  const kinesis = await emulator(t)
  const numbers: bigint[] = []
  for (let i = 0; i < 3; i++) {
    const { Records: results } = await put(kinesis, [record(1), record(1), record(1)])
    numbers.push(...results.map((result: { SequenceNumber: string }) => BigInt(result.SequenceNumber)))
  }
  t.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]!))
})

t.test('the answer to PutRecords is these bytes', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', [{ data: 'a', partitionKey: 'k' }])
  kinesis.faults.inject({ fault: { kind: 'partial', indices: [1], code: 'InternalFailure', message: 'no' } })
  const headers = { 'content-type': 'application/x-amz-cbor-1.1', 'x-amz-target': target('PutRecords') }
  const { body } = await raw(kinesis, headers, encodeCborg({ StreamName: 'flights', Records: [record(1), record(1)] }))
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  const golden = [
    `a3 6e ${hex('EncryptionType')} 64 ${hex('NONE')} 71 ${hex('FailedRecordCount')} 01 67 ${hex('Records')} 82`,
    `a2 6e ${hex('SequenceNumber')} 78 38 ${hex('49017356896000000000000000000000000002735694807068800000')}`,
    `67 ${hex('ShardId')} 74 ${hex('shardId-000000000000')}`,
    `a2 69 ${hex('ErrorCode')} 6f ${hex('InternalFailure')} 6c ${hex('ErrorMessage')} 62 ${hex('no')}`,
  ]
  t.equal(body.toString('hex'), golden.join('').replaceAll(' ', ''))
})

t.test('a shard takes 1000 records a second; the others fail, record by record', async t => {
  const kinesis = await emulator(t)
  const batch = Array.from({ length: 400 }, () => record(1))
  for (const failed of [0, 0, 200, 400]) t.equal((await put(kinesis, batch)).FailedRecordCount, failed)
  const { Records: results } = await put(kinesis, [record(1)])
  t.same(results, [
    {
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: `Rate exceeded for shard ${shardId(0)} in stream flights under account 000000000000.`,
    },
  ])
  const one = { StreamName: 'flights', Data: 'AA==', PartitionKey: 'k' }
  await t.rejects(json(kinesis, 'PutRecord', one), { name: 'ProvisionedThroughputExceededException' })
  kinesis.clock.advance(1000)
  t.equal((await put(kinesis, batch)).FailedRecordCount, 0)
  t.equal(kinesis.recordCount('flights'), 1400)
})

t.test('a shard takes 1 MiB a second of keys and data', async t => {
  const kinesis = await emulator(t)
  const output = await put(kinesis, [record(500 * KIB), record(500 * KIB), record(500 * KIB), record(20 * KIB)])
  t.same(
    output.Records.map((result: object) => 'ErrorCode' in result),
    [false, false, true, false],
  )
})

t.test('shards are throttled each by itself', async t => {
  const kinesis = await emulator(t, { streams: { flights: 2 } })
  const to = (hashKey: bigint): object => ({ ...record(800 * KIB), ExplicitHashKey: String(hashKey) })
  const output = await put(kinesis, [to(0n), to(0n), to(2n ** 127n)])
  t.same(
    output.Records.map((result: object) => 'ErrorCode' in result),
    [false, true, false],
  )
})

t.test('without limits nothing is throttled, but everything is validated', async t => {
  const kinesis = await emulator(t, { limits: false })
  for (let i = 0; i < 3; i++) t.equal((await put(kinesis, Array(500).fill(record(1)))).FailedRecordCount, 0)
  await t.rejects(put(kinesis, Array(501).fill(record(1))), { name: 'ValidationException' })
  await t.rejects(put(kinesis, [record(MIB)]), { name: 'InvalidArgumentException', message: /1048577 bytes/ })
  await t.resolves(put(kinesis, [record(MIB - 1)]))
  await t.rejects(put(kinesis, [record(1, '')]), { name: 'ValidationException' })
  await t.rejects(put(kinesis, [record(1, 'x'.repeat(257))]), { name: 'ValidationException' })
  await t.resolves(put(kinesis, [record(1, '界'.repeat(256))]))
  await t.rejects(put(kinesis, [record(1, '界'.repeat(257))]), { name: 'ValidationException' })
  await t.rejects(put(kinesis, Array(11).fill(record(MIB - 1))), { name: 'InvalidArgumentException', message: /10 MB/ })
  t.equal(kinesis.recordCount('flights'), 1502)
})

t.test('one bad record refuses the whole request, and nothing of it is stored', async t => {
  const kinesis = await emulator(t)
  await t.rejects(put(kinesis, [record(1), { ...record(1), ExplicitHashKey: 'x' }]), {
    name: 'InvalidArgumentException',
  })
  await t.rejects(put(kinesis, [record(1), record(2 * MIB)]), { name: 'InvalidArgumentException' })
  t.equal(kinesis.recordCount('flights'), 0)
})

t.test('a stream may take records of up to 10 MiB', async t => {
  const kinesis = await emulator(t, { streams: { flights: { maxRecordBytes: 10 * MIB } } })
  t.equal((await put(kinesis, [record(10 * MIB - 1)])).FailedRecordCount, 0)
  t.equal((await put(kinesis, [record(1)])).FailedRecordCount, 1, 'the burst is paid off by the seconds that follow')
  kinesis.clock.advance(10_000)
  t.equal((await put(kinesis, [record(1)])).FailedRecordCount, 0)
})

t.test('empty data is a record like any other', async t => {
  const kinesis = await emulator(t)
  await json(kinesis, 'PutRecord', { StreamName: 'flights', Data: '', PartitionKey: 'k' })
  await put(kinesis, [record(0)])
  t.same(
    kinesis.records('flights')[0]?.records.map(({ text }) => text),
    ['', ''],
  )
})
