import t from 'tap'

import type { SplitEvent } from '../../../../core/source/enumerator/kinesis-streams-source-enumerator.ts'
import type { KinesisShardSplit } from '../../../../core/source/split/kinesis-shard-split.ts'
import { FakeStream, shardIdOf } from '../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { readerOf, splitOf } from '../../fakes/splits.ts'

type ReaderOverrides = Parameters<typeof readerOf>[2]

function started(shards = 1, overrides: ReaderOverrides = {}) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards })
  const events: SplitEvent[] = []
  const failures: unknown[] = []
  const context = { sendEvent: (e: unknown) => events.push(e as SplitEvent), fail: (e: unknown) => failures.push(e) }
  const reader = readerOf(stream, context, overrides)
  const assign = (...ids: string[]): void => reader.addSplits(ids.map(shardId => splitOf({ shardId })))
  const poll = (): string[] | null => reader.poll()?.batch.values().map(String) ?? null
  const splits = (checkpointId: number): KinesisShardSplit[] =>
    (reader.snapshot(checkpointId).json as { splits: KinesisShardSplit[] }).splits
  return { clock, stream, events, failures, reader, assign, poll, splits }
}

t.test('the batches of ready shards are taken in turn: a full shard does not starve the others', async t => {
  const r = started(3, { maxRecordCount: 1 })
  r.assign(...r.stream.shardIds)
  r.stream.put(shardIdOf(0), 'a0', 'a1', 'a2', 'a3')
  r.stream.put(shardIdOf(1), 'b0', 'b1')
  r.stream.put(shardIdOf(2), 'c0')
  const order: string[] = []
  for (let i = 0; i < 7; i++) {
    await settle()
    order.push(...(r.poll() ?? []))
  }
  t.same(order, ['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'a3'])
  r.reader.close()
})

t.test('a shard whose answer is slow holds up nobody', async t => {
  const r = started(2)
  r.assign(...r.stream.shardIds)
  r.stream.fail('getRecords', 'SERVICE_FAILED', { times: 20, shardId: shardIdOf(0) })
  r.stream.put(shardIdOf(1), 'b')
  await settle()
  t.same(r.poll(), ['b'])
  r.reader.close()
})

t.test('no more calls are under way at once than the option allows', async t => {
  const r = started(4, { maxConcurrentReads: 2 })
  r.assign(...r.stream.shardIds)
  // Asked for in one go; with two permits, two calls before any answer.
  await Promise.resolve()
  t.equal(r.stream.callsOf('getShardIterator').length, 2)
  await settle()
  t.equal(r.stream.callsOf('getShardIterator').length, 4)
  r.reader.close()
})

t.test('a position is that of the last record that was handed out, not of what was fetched ahead', async t => {
  const r = started(1, { maxRecordCount: 2 })
  r.assign(shardIdOf(0))
  const records = r.stream.put(shardIdOf(0), 'a', 'b', 'c')
  await settle()
  t.same(
    r.splits(1).map(s => s.position),
    [{ type: 'TRIM_HORIZON' }],
  )
  r.poll()
  await settle()
  t.same(
    r.splits(2).map(s => s.position),
    [{ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: records[1]?.sequenceNumber }],
  )
  r.reader.close()
})

t.test('the end of a shard is told after its last batch was worked off, not before', async t => {
  const r = started()
  r.assign(shardIdOf(0))
  r.stream.put(shardIdOf(0), 'a')
  const children = r.stream.split(shardIdOf(0))
  await settle()
  t.same(r.poll(), ['a'])
  t.same(r.events, [])
  t.equal(r.poll(), null)
  t.match(r.events, [{ type: 'finished', shardId: shardIdOf(0), childShards: children.map(shardId => ({ shardId })) }])
  r.reader.close()
})

t.test('a finished split is in the state until a checkpoint that holds it is complete', async t => {
  const r = started()
  r.assign(shardIdOf(0))
  r.stream.put(shardIdOf(0), 'a')
  r.stream.split(shardIdOf(0))
  await settle()
  t.match(r.splits(7), [{ finished: false }])
  r.poll()
  r.poll()
  r.reader.notifyCheckpointComplete(7)
  t.match(r.splits(8), [{ finished: true }])
  t.match(r.splits(9), [{ finished: true }], 'checkpoint 8 was given up')
  r.reader.notifyCheckpointComplete(9)
  t.same(r.splits(10), [])
  r.reader.close()
})

t.test(
  'a finished split that the enumerator was not told of stays, even if a checkpoint with it is complete',
  async t => {
    const r = started()
    r.assign(shardIdOf(0))
    r.stream.put(shardIdOf(0), 'a')
    r.stream.split(shardIdOf(0))
    await settle()
    r.poll()
    t.match(r.splits(57), [{ finished: true }])
    r.reader.notifyCheckpointComplete(57)
    t.match(r.splits(58), [{ finished: true }])
    r.reader.close()
  },
)

t.test('it is finished when there will be no more splits and every one has ended', async t => {
  const r = started(1, { stopAtMs: 0 })
  t.equal(r.reader.finished, false)
  r.assign(shardIdOf(0))
  r.reader.noMoreSplits()
  await settle()
  t.equal(r.reader.finished, false)
  r.poll()
  t.same(r.events, [{ type: 'stopped', shardId: shardIdOf(0) }])
  t.equal(r.reader.finished, true)
  t.match(r.splits(1), [{ finished: false, shardId: shardIdOf(0) }], 'its position stays good for a restore')
})

t.test('who waits for it is woken by a batch, by the end, and by closing', async t => {
  const r = started()
  const woken = async (cause: () => void): Promise<boolean> => {
    let awake = false
    void r.reader.available().then(() => (awake = true))
    await settle()
    t.equal(awake, false)
    cause()
    await r.clock.pass(250)
    return awake
  }
  r.assign(shardIdOf(0))
  t.equal(await woken(() => r.stream.put(shardIdOf(0), 'a')), true)
  r.poll()
  await r.clock.pass(1000, 250)
  t.equal(await woken(() => r.reader.noMoreSplits()), true)
  t.equal(await woken(() => r.reader.close()), true)
  t.equal(r.reader.finished, true)
})

t.test('a failure that cannot pass is told to the job', async t => {
  const r = started()
  r.stream.fail('getShardIterator', 'ACCESS_DENIED')
  r.assign(shardIdOf(0))
  await settle()
  t.match(r.failures, [{ code: 'ACCESS_DENIED' }])
  r.reader.close()
})

t.test('stopped, it keeps its positions and takes no more splits', async t => {
  const r = started(2)
  r.assign(shardIdOf(0))
  r.stream.put(shardIdOf(0), 'a')
  await settle()
  r.poll()
  r.reader.stop()
  const before = r.stream.calls.length
  r.assign(shardIdOf(1))
  await r.clock.pass(5000, 500)
  t.equal(r.stream.calls.length, before)
  t.same(r.failures, [])
  t.match(r.splits(1), [{ shardId: shardIdOf(0), position: { type: 'AFTER_SEQUENCE_NUMBER' } }])
  t.same(r.clock.armed, [])
})

t.test('its metrics tell each shard: how far, how late, how many', async t => {
  const r = started()
  r.assign(shardIdOf(0))
  const [record] = r.stream.put(shardIdOf(0), 'four')
  t.match(r.reader.metrics().shards, [{ stream: 'flights', millisBehindLatest: -1, records: 0, sequenceNumber: null }])
  await settle()
  r.poll()
  t.match(r.reader.metrics().shards, [
    {
      shardId: shardIdOf(0),
      millisBehindLatest: 0,
      records: 1,
      bytes: 4,
      sequenceNumber: record?.sequenceNumber,
      finished: false,
    },
  ])
  r.stream.split(shardIdOf(0))
  await r.clock.pass(500, 250)
  r.poll()
  t.match(r.reader.metrics().shards, [{ records: 1, finished: true }])
  r.reader.close()
})
