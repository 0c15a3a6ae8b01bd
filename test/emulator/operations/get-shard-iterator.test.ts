import t from 'tap'

import type { ManualEmulator } from '../harness.ts'
import { cbor, emulator, iterator, json, shardId } from '../harness.ts'

const HOUR_MS = 3_600_000

async function read(kinesis: ManualEmulator, type: string, more: object = {}): Promise<string[]> {
  const { Records: records } = await json(kinesis, 'GetRecords', { ShardIterator: await iterator(kinesis, type, more) })
  return records.map((record: { Data: string }) => Buffer.from(record.Data, 'base64').toString())
}

/** Records `0` to `4`, an hour apart; it is the hour of the last one. */
async function hourly(
  t: Parameters<typeof emulator>[0],
): Promise<{ kinesis: ManualEmulator; numbers: string[]; startMs: number }> {
  const kinesis = await emulator(t, { limits: false })
  const startMs = kinesis.clock.now()
  const numbers: string[] = []
  for (let i = 0; i < 5; i++) {
    if (i > 0) kinesis.clock.advance(HOUR_MS)
    numbers.push(kinesis.put('flights', [{ data: String(i), partitionKey: 'k' }])[0]!.sequenceNumber)
  }
  return { kinesis, numbers, startMs }
}

t.test('each type starts where it says', async t => {
  const { kinesis, numbers, startMs } = await hourly(t)
  t.same(await read(kinesis, 'TRIM_HORIZON'), ['0', '1', '2', '3', '4'])
  t.same(await read(kinesis, 'LATEST'), [])
  t.same(await read(kinesis, 'AT_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[2] }), ['2', '3', '4'])
  t.same(await read(kinesis, 'AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[2] }), ['3', '4'])
  t.same(await read(kinesis, 'AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[4] }), [])
  const at = (hours: number): object => ({ Timestamp: (startMs + hours * HOUR_MS) / 1000 })
  t.same(await read(kinesis, 'AT_TIMESTAMP', at(2)), ['2', '3', '4'])
  t.same(await read(kinesis, 'AT_TIMESTAMP', at(2.5)), ['3', '4'])
  t.same(await read(kinesis, 'AT_TIMESTAMP', at(-100)), ['0', '1', '2', '3', '4'])
})

t.test('a CBOR timestamp is read as milliseconds', async t => {
  const { kinesis, startMs } = await hourly(t)
  const Timestamp = new Date(startMs + 3 * HOUR_MS)
  const input = { StreamName: 'flights', ShardId: shardId(0), ShardIteratorType: 'AT_TIMESTAMP', Timestamp }
  const { ShardIterator } = await cbor(kinesis, 'GetShardIterator', input)
  t.equal((await cbor(kinesis, 'GetRecords', { ShardIterator })).Records.length, 2)
})

t.test('LATEST sees what is put after the iterator was made, before it is used', async t => {
  const { kinesis } = await hourly(t)
  const latest = await iterator(kinesis, 'LATEST')
  kinesis.put('flights', [{ data: 'new', partitionKey: 'k' }])
  t.equal((await json(kinesis, 'GetRecords', { ShardIterator: latest })).Records.length, 1)
})

t.test('the starting sequence number of a shard starts at its first record', async t => {
  const { kinesis } = await hourly(t)
  const { Shards: shards } = await json(kinesis, 'ListShards', { StreamName: 'flights' })
  const { StartingSequenceNumber } = shards[0].SequenceNumberRange
  t.equal((await read(kinesis, 'AT_SEQUENCE_NUMBER', { StartingSequenceNumber })).length, 5)
  t.equal((await read(kinesis, 'AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber })).length, 5)
})

t.test('a position that retention has passed starts at the horizon', async t => {
  const { kinesis, numbers } = await hourly(t)
  kinesis.clock.advance(22 * HOUR_MS + 1)
  t.same(await read(kinesis, 'TRIM_HORIZON'), ['3', '4'])
  t.same(await read(kinesis, 'AT_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[0] }), ['3', '4'])
  t.same(await read(kinesis, 'AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[1] }), ['3', '4'])
})

t.test('what does not fit together is refused', async t => {
  const { kinesis, numbers } = await hourly(t)
  kinesis.createStream('other')
  const foreign = kinesis.put('other', [{ data: '', partitionKey: 'k' }])[0]!.sequenceNumber
  const invalid: [string, object][] = [
    ['AT_SEQUENCE_NUMBER', {}],
    ['LATEST', { StartingSequenceNumber: numbers[0] }],
    ['AT_SEQUENCE_NUMBER', { StartingSequenceNumber: foreign }],
    ['AT_SEQUENCE_NUMBER', { StartingSequenceNumber: '0' }],
    ['AT_TIMESTAMP', {}],
    ['AT_TIMESTAMP', { Timestamp: kinesis.clock.now() / 1000 + 1 }],
  ]
  for (const [type, more] of invalid)
    await t.rejects(iterator(kinesis, type, more), { name: 'InvalidArgumentException' })
  await t.rejects(iterator(kinesis, 'SOMEWHERE'), { name: 'ValidationException' })
  await t.rejects(iterator(kinesis, 'AT_SEQUENCE_NUMBER', { StartingSequenceNumber: 'x' }), {
    name: 'ValidationException',
  })
  await t.rejects(iterator(kinesis, 'LATEST', { ShardId: shardId(7) }), { name: 'ResourceNotFoundException' })
  await t.rejects(iterator(kinesis, 'LATEST', { StreamName: 'nope' }), { name: 'ResourceNotFoundException' })
})

t.test('a shard gives five iterators a second', async t => {
  const kinesis = await emulator(t)
  for (let i = 0; i < 5; i++) await iterator(kinesis)
  await t.rejects(iterator(kinesis), { name: 'ProvisionedThroughputExceededException' })
  kinesis.clock.advance(1000)
  await t.resolves(iterator(kinesis))
})
