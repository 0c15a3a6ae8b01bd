import t from 'tap'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'
import { SHARD, reading } from '../../../../fakes/polling.ts'

t.test('the end of the shard comes with its last records, and names the children', async t => {
  const r = reading()
  r.stream.put(SHARD, 'a', 'b')
  const children = r.stream.split(SHARD)
  await settle()
  r.take()
  t.same(r.values, ['a', 'b'])
  t.match(r.end, { type: 'shard-end', childShards: children.map(shardId => ({ shardId, parentShards: [SHARD] })) })
  await r.clock.pass(10_000, 1000)
  t.equal(r.stream.callsOf('getRecords').length, 1)
})

t.test('a source that stops at an instant reads the records that arrived until then, and no later ones', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  stream.put(SHARD, 'before')
  const stopAtMs = clock.now()
  stream.put(SHARD, 'at that instant')
  clock.advance(1)
  stream.put(SHARD, 'after')
  const r = reading({ stopAtMs }, { clock, stream })
  await settle()
  r.take()
  t.same(r.values, ['before', 'at that instant'])
  t.same(r.end, { type: 'stopped' })
})

t.test('a source that stops at an instant in the future waits for it', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const r = reading({ stopAtMs: clock.now() + 5000 }, { clock, stream })
  for (let i = 0; i < 20 && r.end === null; i++) {
    if (clock.now() < r.clock.now() + 1 && i < 8) stream.put(SHARD, `at ${i}`)
    await clock.pass(500)
    r.take()
  }
  await clock.pass(1000)
  r.take()
  t.same(r.end, { type: 'stopped' })
  t.equal(r.values.length, 8)
})

t.test('a shard that ended before the instant is finished, not stopped', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  stream.put(SHARD, 'a')
  stream.split(SHARD)
  const r = reading({ stopAtMs: clock.now() }, { clock, stream })
  await settle()
  r.take()
  t.match(r.end, { type: 'shard-end' })
})

t.test('a shard whose last records came too late is stopped, so that a restore reads them', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  stream.put(SHARD, 'a')
  const stopAtMs = clock.now()
  clock.advance(1)
  stream.put(SHARD, 'late')
  stream.split(SHARD)
  const r = reading({ stopAtMs }, { clock, stream })
  await settle()
  r.take()
  t.same(r.values, ['a'])
  t.same(r.end, { type: 'stopped' })
})

t.test('an answer without a next iterator does not end a shard that is open: it is asked for again', async t => {
  const r = reading({ maxRecordCount: 2 })
  r.stream.put(SHARD, 'a', 'b', 'c')
  r.stream.tampering.getRecords.push(answer => ({ ...answer, nextShardIterator: null }))
  await r.clock.pass(1000, 100)
  r.take()
  await r.clock.pass(1000, 100)
  r.take()
  t.same(r.values, ['a', 'b', 'c'])
  t.equal(r.end, null)
  r.reader.close()
})

t.test('a shard whose end names no children has ended when the listing shows it closed, or it is gone', async t => {
  for (const expired of [false, true]) {
    const r = reading()
    r.stream.namesChildren = false
    r.stream.put(SHARD, 'a')
    await r.clock.pass(500, 100)
    r.take()
    r.stream.split(SHARD)
    if (expired) r.stream.expire(SHARD)
    await r.clock.pass(1000, 100)
    r.take()
    t.match(r.end, { type: 'shard-end', childShards: [] })
  }
})

t.test('a shard that is closed after an answer without an iterator is read to its end', async t => {
  const r = reading()
  r.stream.namesChildren = false
  r.stream.put(SHARD, 'a')
  await r.clock.pass(500, 100)
  r.take()
  // Between the answer and the listing a record is written, and the shard is split.
  r.stream.tampering.getRecords.push(answer => {
    r.stream.put(SHARD, 'b')
    r.stream.split(SHARD)
    return { ...answer, nextShardIterator: null, childShards: [] }
  })
  for (let i = 0; i < 4; i++) {
    await r.clock.pass(500, 100)
    r.take()
  }
  t.same(r.values, ['a', 'b'])
  t.match(r.end, { type: 'shard-end' })
  r.reader.close()
})

t.test('children of another shard do not end this one', async t => {
  const r = reading()
  r.stream.put(SHARD, 'a')
  const range = { startingHashKey: '0', endingHashKey: '1' }
  const stranger = { shardId: shardIdOf(9), parentShards: [shardIdOf(8)], ...range }
  r.stream.tampering.getRecords.push(answer => ({ ...answer, nextShardIterator: null, childShards: [stranger] }))
  await r.clock.pass(1000, 100)
  r.take()
  t.same(r.values, ['a'])
  t.equal(r.end, null)
  r.reader.close()
})

t.test('a time that the service has not reached yet is moved back once, by the uncertainty of its clock', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const at = clock.now()
  stream.put(SHARD, 'a')
  stream.clockSlackMs = [700, 300]
  stream.serviceNowMs = () => clock.now() - 650
  const r = reading({}, { clock, stream, position: { type: 'AT_TIMESTAMP', timestampMs: at } })
  await settle()
  r.take()
  t.same(
    stream.callsOf('getShardIterator').map(c => c.position),
    [at, at - 700].map(timestampMs => ({ type: 'AT_TIMESTAMP', timestampMs })),
  )
  t.same(r.values, ['a'])
  r.reader.close()
  stream.serviceNowMs = () => at - 5000
  const tooFar = reading({}, { clock, stream, position: { type: 'AT_TIMESTAMP', timestampMs: at } })
  await settle()
  t.match(tooFar.failure, { code: 'VALIDATION_FAILED', message: /in the future/ })
})

t.test(
  'a source that stops at latest with a slow clock reads the earlier records and ends without waiting',
  async t => {
    const clock = new ManualClock()
    const stream = new FakeStream(clock)
    const submitted = clock.now()
    // The service's clock is 600 ms ahead; its answers allow up to 800.
    clock.advance(600)
    stream.put(SHARD, 'before')
    clock.advance(-600)
    stream.clockSlackMs = [200, 800]
    const r = reading({ stopAtMs: submitted + 800, stopAtLocalMs: submitted }, { clock, stream })
    await settle()
    r.take()
    await r.clock.pass(300, 100)
    r.take()
    t.same(r.values, ['before'])
    t.match(r.end, { type: 'stopped' })
  },
)
