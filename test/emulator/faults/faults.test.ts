import { PutRecordsCommand } from '@aws-sdk/client-kinesis'
import t from 'tap'

import type { Decoded } from '../harness.ts'
import { client, emulator, iterator, json, shardId } from '../harness.ts'

const list = { StreamName: 'flights' }
const record = (key: string): object => ({ Data: 'AA==', PartitionKey: key })
const failures = ({ Records: results }: Decoded): boolean[] => results.map((result: object) => 'ErrorCode' in result)

t.test('a fault strikes as often as told, after as many as told, and counts its hits', async t => {
  const kinesis = await emulator(t)
  const fault = kinesis.faults.inject({ operation: 'ListShards', after: 1, times: 2, fault: { kind: 'error' } })
  await t.resolves(json(kinesis, 'ListShards', list))
  for (let i = 0; i < 2; i++) {
    await t.rejects(json(kinesis, 'ListShards', list), { name: 'InternalFailure', status: 500 })
  }
  await t.resolves(json(kinesis, 'ListShards', list))
  t.equal(fault.hits, 2)
})

t.test('a fault strikes only its operation, stream and shard', async t => {
  const kinesis = await emulator(t, { streams: { flights: 2, trains: 1 }, limits: false })
  const fault = { kind: 'throttle' } as const
  kinesis.faults.inject({ operation: 'GetRecords', stream: 'flights', shardId: shardId(1), times: Infinity, fault })
  await t.resolves(json(kinesis, 'ListShards', list))
  const read = async (more: object): Promise<unknown> =>
    json(kinesis, 'GetRecords', { ShardIterator: await iterator(kinesis, 'LATEST', more) })
  await t.resolves(read({ ShardId: shardId(0) }))
  await t.resolves(read({ StreamName: 'trains' }))
  await t.rejects(read({ ShardId: shardId(1) }), { name: 'ProvisionedThroughputExceededException', status: 400 })
  kinesis.faults.clear()
  await t.resolves(read({ ShardId: shardId(1) }))
})

t.test('a removed fault strikes no more; of several the first injected strikes', async t => {
  const kinesis = await emulator(t)
  const first = kinesis.faults.inject({ fault: { kind: 'error', name: 'First', status: 503, message: 'one' } })
  kinesis.faults.inject({ fault: { kind: 'error', name: 'Second' } })
  first.remove()
  await t.rejects(json(kinesis, 'ListShards', list), { name: 'Second' })
  await t.resolves(json(kinesis, 'ListShards', list))
})

t.test('a connection reset before the work loses the request', async t => {
  const kinesis = await emulator(t)
  kinesis.faults.inject({ operation: 'PutRecord', fault: { kind: 'reset', when: 'before' } })
  await t.rejects(json(kinesis, 'PutRecord', { ...list, ...record('k') }), { code: 'ECONNRESET' })
  t.equal(kinesis.recordCount('flights'), 0)
  t.match(kinesis.requests.recent('PutRecord'), [{ status: 0, fault: 'reset' }])
})

t.test('a connection reset after the work loses only the response', async t => {
  const kinesis = await emulator(t)
  kinesis.faults.inject({ operation: 'PutRecord', fault: { kind: 'reset', when: 'after' } })
  await t.rejects(json(kinesis, 'PutRecord', { ...list, ...record('k') }), { code: 'ECONNRESET' })
  t.equal(kinesis.recordCount('flights'), 1)
})

t.test('a connection is reset over HTTP/2 as well', async t => {
  const kinesis = await emulator(t)
  kinesis.faults.inject({ operation: 'PutRecords', fault: { kind: 'reset', when: 'after' } })
  const Records = [{ Data: Buffer.of(1), PartitionKey: 'k' }]
  await t.rejects(client(t, kinesis, { http2: true }).send(new PutRecordsCommand({ ...list, Records })))
  t.equal(kinesis.recordCount('flights'), 1)
})

t.test('a slow request is done when the clock says so', async t => {
  const kinesis = await emulator(t)
  kinesis.faults.inject({ operation: 'PutRecord', fault: { kind: 'slow', delayMs: 5000 } })
  const slow = json(kinesis, 'PutRecord', { ...list, ...record('k') })
  await json(kinesis, 'ListShards', list)
  while (kinesis.clock.waiting === 0) await new Promise(resolve => setImmediate(resolve))
  kinesis.clock.advance(4999)
  t.equal(kinesis.recordCount('flights'), 0)
  kinesis.clock.advance(1)
  await slow
  t.equal(kinesis.recordCount('flights'), 1)
})

t.test('PutRecords fails in part: by index, by key, by shard, with the code told', async t => {
  const kinesis = await emulator(t, { streams: { flights: 2 } })
  const put = async (): Promise<Decoded> =>
    json(kinesis, 'PutRecords', { ...list, Records: ['a', 'b', 'c'].map(record) })
  const operation = 'PutRecords'
  kinesis.faults.inject({
    operation,
    fault: { kind: 'partial', indices: [0, 2], code: 'InternalFailure', message: 'no' },
  })
  const byIndex = await put()
  t.same(failures(byIndex), [true, false, true])
  t.equal(byIndex.FailedRecordCount, 2)
  t.same(byIndex.Records[0], { ErrorCode: 'InternalFailure', ErrorMessage: 'no' })
  kinesis.faults.inject({ operation, fault: { kind: 'partial', where: (_, key) => key === 'b' } })
  t.same(failures(await put()), [false, true, false])
  const shards: string[] = (await put()).Records.map((result: { ShardId: string }) => result.ShardId)
  kinesis.faults.inject({ operation, shardId: shards[1]!, fault: { kind: 'partial' } })
  t.same(
    failures(await put()),
    shards.map(shard => shard === shards[1]),
  )
  t.equal(kinesis.recordCount('flights'), 1 + 2 + 3 + shards.filter(shard => shard !== shards[1]).length)
})

t.test('a fault for a shard does not strike PutRecords that send it nothing', async t => {
  const kinesis = await emulator(t, { streams: { flights: 2 } })
  const to = (hashKey: bigint): object => ({ ...record('k'), ExplicitHashKey: String(hashKey) })
  const fault = kinesis.faults.inject({ shardId: shardId(1), fault: { kind: 'partial' } })
  t.equal((await json(kinesis, 'PutRecords', { ...list, Records: [to(0n)] })).FailedRecordCount, 0)
  t.equal(fault.hits, 0)
  t.equal((await json(kinesis, 'PutRecords', { ...list, Records: [to(0n), to(2n ** 127n)] })).FailedRecordCount, 1)
  kinesis.faults.inject({ shardId: shardId(1), fault: { kind: 'partial' } })
  await t.resolves(json(kinesis, 'PutRecord', { ...list, ...to(0n) }))
  await t.rejects(json(kinesis, 'PutRecord', { ...list, ...to(2n ** 127n) }), {
    name: 'ProvisionedThroughputExceededException',
  })
})

t.test('an iterator can be made to expire', async t => {
  const kinesis = await emulator(t)
  const start = await iterator(kinesis)
  kinesis.faults.inject({ operation: 'GetRecords', fault: { kind: 'expired-iterator' } })
  await t.rejects(json(kinesis, 'GetRecords', { ShardIterator: start }), { name: 'ExpiredIteratorException' })
  await t.resolves(json(kinesis, 'GetRecords', { ShardIterator: start }))
})
