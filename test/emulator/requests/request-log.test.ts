import t from 'tap'

import { RequestLog } from '../../../emulator/requests/request-log.ts'
import { emulator, iterator, json, shardId } from '../harness.ts'

const entry = { atMs: 0, contentType: '', httpVersion: '1.1', status: 200, records: 2 } as const

t.test('says where requests went and what came of them', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', [{ data: 'a', partitionKey: 'k' }])
  await json(kinesis, 'GetRecords', { ShardIterator: await iterator(kinesis) })
  await t.rejects(json(kinesis, 'GetRecords', { ShardIterator: 'AAAA' }))
  t.match(kinesis.requests.recent('GetRecords'), [
    { stream: 'flights', shardId: shardId(0), status: 200, records: 1, atMs: kinesis.clock.now() },
    { status: 400, error: 'InvalidArgumentException', records: 0 },
  ])
  t.equal(kinesis.requests.count(), 3)
  t.equal(kinesis.requests.count('GetRecords'), 2)
  t.equal(kinesis.requests.records('GetRecords'), 1)
  kinesis.requests.clear()
  t.same(kinesis.requests.recent(), [])
  t.equal(kinesis.requests.count('GetRecords'), 0)
})

t.test('remembers a bounded number of requests, and counts them all', async t => {
  const log = new RequestLog(3)
  for (let i = 0; i < 10; i++) log.add({ ...entry, operation: 'GetRecords', atMs: i })
  t.same(
    log.recent().map(request => request.atMs),
    [7, 8, 9],
  )
  t.equal(log.count('GetRecords'), 10)
  t.equal(log.records('GetRecords'), 20)
})

t.test('waits for requests, and stops waiting when told', async t => {
  const log = new RequestLog(3)
  const two = log.waitFor('GetRecords', 2)
  log.add({ ...entry, operation: 'ListShards' })
  log.add({ ...entry, operation: 'GetRecords' })
  log.add({ ...entry, operation: 'GetRecords' })
  await two
  await log.waitFor('GetRecords', 1)
  const abort = new AbortController()
  const never = log.waitFor('GetRecords', 100, abort.signal)
  abort.abort()
  await t.rejects(never, { message: 'Stopped waiting for 100 GetRecords requests at 2' })
})
