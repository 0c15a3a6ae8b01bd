import t from 'tap'

import { cbor, emulator, iterator, json } from '../harness.ts'
import type { Decoded } from '../harness.ts'

const StreamName = 'flights'
const KEY = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }

t.test('a stream is UPDATING while encryption starts and stops, and answers carry it', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 100 })
  const status = async () => (await json(kinesis, 'DescribeStreamSummary', { StreamName })).StreamDescriptionSummary
  await json(kinesis, 'StartStreamEncryption', { StreamName, ...KEY })
  t.match(await status(), { StreamStatus: 'UPDATING', EncryptionType: 'NONE' })
  await t.rejects(json(kinesis, 'StopStreamEncryption', { StreamName, ...KEY }), { name: 'ResourceInUseException' })
  kinesis.clock.advance(100)
  t.match(await status(), { StreamStatus: 'ACTIVE', ...KEY })
  t.match((await json(kinesis, 'DescribeStream', { StreamName })).StreamDescription, KEY)
  await json(kinesis, 'StopStreamEncryption', { StreamName, ...KEY })
  kinesis.clock.advance(100)
  t.match(await status(), { StreamStatus: 'ACTIVE', EncryptionType: 'NONE' })
  t.equal((await status()).KeyId, undefined)
})

t.test('a record carries the encryption that the stream had when it was written, in both encodings', async t => {
  const kinesis = await emulator(t)
  const types: string[] = []
  const put = async (data: string) => {
    const one = { StreamName, Data: Buffer.from(data).toString('base64'), PartitionKey: 'k' }
    types.push((await json(kinesis, 'PutRecord', one)).EncryptionType)
    const Records = [{ Data: Buffer.from(data), PartitionKey: 'k' }]
    types.push((await cbor(kinesis, 'PutRecords', { StreamName, Records })).EncryptionType)
  }
  await put('before')
  await json(kinesis, 'StartStreamEncryption', { StreamName, ...KEY })
  await put('during')
  await json(kinesis, 'StopStreamEncryption', { StreamName, ...KEY })
  await put('after')
  t.same(types, ['NONE', 'NONE', 'KMS', 'KMS', 'NONE', 'NONE'])
  const ShardIterator = await iterator(kinesis)
  const inProcess = (await kinesis.call('GetRecords', { ShardIterator })) as Decoded
  for (const { Records } of [
    await cbor(kinesis, 'GetRecords', { ShardIterator }),
    await json(kinesis, 'GetRecords', { ShardIterator }),
    inProcess,
  ]) {
    t.same(
      Records.map((record: Decoded) => record.EncryptionType),
      [undefined, undefined, 'KMS', 'KMS', undefined, undefined],
    )
    t.same(new Set(Records.map((record: Decoded) => record.PartitionKey)), new Set(['k']))
  }
})

t.test('only KMS and the documented forms of a key are taken', async t => {
  const kinesis = await emulator(t, { limits: false })
  const start = async (input: object) => json(kinesis, 'StartStreamEncryption', { StreamName, ...input })
  for (const KeyId of [
    '12345678-1234-1234-1234-123456789012',
    'alias/mine',
    'arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012',
    'arn:aws:kms:us-east-1:123456789012:alias/mine',
  ]) {
    await t.resolves(start({ ...KEY, KeyId }))
  }
  await t.rejects(start({ ...KEY, KeyId: 'mine' }), { name: 'KMSNotFoundException', message: /mine/ })
  await t.rejects(start({ ...KEY, EncryptionType: 'NONE' }), { name: 'InvalidArgumentException' })
  await t.rejects(start({ ...KEY, EncryptionType: 'ROT13' }), { name: 'ValidationException' })
  await t.rejects(start({ EncryptionType: 'KMS' }), { name: 'ValidationException', message: /keyId/ })
})

t.test('a key is applied 25 times in 24 hours', async t => {
  const kinesis = await emulator(t)
  for (let i = 0; i < 25; i++) {
    await json(kinesis, 'StartStreamEncryption', { StreamName, ...KEY })
    kinesis.clock.advance(1000)
  }
  await t.rejects(json(kinesis, 'StartStreamEncryption', { StreamName, ...KEY }), { name: 'LimitExceededException' })
})
