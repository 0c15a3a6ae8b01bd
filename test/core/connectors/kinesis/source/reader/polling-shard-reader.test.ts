import t from 'tap'
import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { Permits } from '../../../../../../core/connectors/kinesis/source/reader/permits.ts'
import { PollingShardReader } from '../../../../../../core/connectors/kinesis/source/reader/polling-shard-reader.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'
import { pollingOptions, splitOf } from '../../../../fakes/splits.ts'
import { SHARD, reading } from '../../../../fakes/polling.ts'

t.test('it fetches one batch ahead, and no further until that one is taken', async t => {
  const r = reading({ maxRecordCount: 2 })
  r.stream.put(SHARD, 'a', 'b', 'c', 'd', 'e')
  await r.clock.pass(60_000, 1000)
  t.equal(r.stream.callsOf('getRecords').length, 1)
  t.equal(r.take(), 2)
  await settle()
  t.equal(r.stream.callsOf('getRecords').length, 2)
  t.same(r.values, ['a', 'b'])
  r.reader.close()
})

t.test('a batch that waits keeps its permit: another shard fetches when it is taken', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards: 2 })
  const permits = new Permits(1)
  const readers = [0, 1].map(
    n =>
      new PollingShardReader(splitOf({ shardId: shardIdOf(n) }), pollingOptions(), {
        proxy: stream.sourceProxy(),
        clock,
        permits,
        onReady: () => undefined,
        warn: () => undefined,
        losses: new RecordLosses(clock, () => undefined),
      }),
  )
  stream.put(shardIdOf(0), 'a')
  stream.put(shardIdOf(1), 'b')
  for (const reader of readers) reader.run().catch(() => undefined)
  await settle()
  t.same(
    readers.map(r => r.ready),
    [true, false],
  )
  readers[0]!.take()
  await settle()
  t.same(
    readers.map(r => r.ready),
    [false, true],
  )
  for (const reader of readers) reader.close()
})

t.test('a shard without new records is asked again after the pause', async t => {
  const r = reading({ emptyFetchIntervalMs: 250 })
  await settle()
  await r.clock.pass(1000, 50)
  t.same(
    r.stream.callsOf('getRecords').map(c => c.atMs - r.stream.callsOf('getRecords')[0]!.atMs),
    [0, 250, 500, 750, 1000],
  )
  r.reader.close()
})

t.test('closing ends reading, whatever it waits for', async t => {
  const idle = reading()
  await settle()
  idle.reader.close()
  const full = reading()
  full.stream.put(SHARD, 'a')
  await settle()
  full.reader.close()
  const failing = reading()
  failing.stream.fail('getRecords', 'SERVICE_FAILED', { times: 100 })
  await settle()
  failing.reader.close()
  for (const r of [idle, full, failing]) {
    const before = r.stream.calls.length
    await r.clock.pass(10_000, 1000)
    t.equal(r.stream.calls.length, before)
    t.equal(r.failure, null)
    t.same(r.clock.armed, [])
  }
})
