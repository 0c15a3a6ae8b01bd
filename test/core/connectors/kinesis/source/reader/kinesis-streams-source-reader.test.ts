import { RecordAggregator } from 'aws-kinesis-agg'
import t from 'tap'

import { SplitEnd } from '../../../../../../core/event-time/split-end.ts'
import { ServiceError } from '../../../../../../core/foundation/errors.ts'
import type { SplitEvent } from '../../../../../../core/connectors/kinesis/source/split/split-events.ts'
import type { KinesisShardSplit } from '../../../../../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'
import { assignmentOf, pollBatch, readerOf, splitOf } from '../../../../fakes/splits.ts'

type ReaderOverrides = Parameters<typeof readerOf>[2]

function started(shards = 1, overrides: ReaderOverrides = {}) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards })
  const events: SplitEvent[] = []
  const failures: unknown[] = []
  const context = { sendEvent: (e: unknown) => events.push(e as SplitEvent), fail: (e: unknown) => failures.push(e) }
  const reader = readerOf(stream, context, overrides)
  const assign = (...ids: string[]): void => reader.addSplits(ids.map(shardId => assignmentOf(splitOf({ shardId }))))
  const poll = (): string[] | null => pollBatch(reader)?.batch.values().map(String) ?? null
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

t.test('asked for few records, it hands out few, and its position is that of the last', async t => {
  const r = started()
  r.assign(shardIdOf(0))
  const records = r.stream.put(shardIdOf(0), 'a', 'b', 'c', 'd', 'e')
  await settle()
  const two = (): unknown => pollBatch(r.reader, 2)?.batch.values()
  t.same(
    two(),
    ['a', 'b'].map(v => Buffer.from(v)),
  )
  t.match(r.splits(1), [{ position: { sequenceNumber: records[1]?.sequenceNumber } }])
  t.same(
    two(),
    ['c', 'd'].map(v => Buffer.from(v)),
  )
  await t.resolves(r.reader.available(), 'the rest is ready')
  t.same(two(), [Buffer.from('e')])
  t.equal(two(), undefined)
  r.reader.close()
})

t.test('a shard ends when the rest of its last batch was handed out', async t => {
  const r = started()
  r.assign(shardIdOf(0))
  r.stream.put(shardIdOf(0), 'a', 'b')
  r.stream.split(shardIdOf(0))
  await settle()
  pollBatch(r.reader, 1)
  pollBatch(r.reader, 1)
  t.same(r.events, [])
  t.equal(pollBatch(r.reader, 1), null)
  t.match(r.events, [{ type: 'finished' }])
  r.reader.close()
})

t.test('paused splits are not polled until they are resumed; others are', async t => {
  const r = started(2)
  r.assign(...r.stream.shardIds)
  r.stream.put(shardIdOf(0), 'a')
  r.stream.put(shardIdOf(1), 'b')
  await settle()
  const [first, second] = r.reader.activeSplits
  r.reader.pauseOrResumeSplits([first!], [])
  t.equal(pollBatch(r.reader)?.splitId, second)
  t.equal(pollBatch(r.reader), null)
  let woken = false
  void r.reader.available().then(() => (woken = true))
  await settle()
  t.equal(woken, false)
  r.reader.pauseOrResumeSplits([], [first!])
  await settle()
  t.equal(woken, true)
  t.equal(pollBatch(r.reader)?.splitId, first)
  r.reader.close()
})

t.test('a position may lie within an aggregate: nothing of it twice, nothing missing', async t => {
  const r = started(1, { deaggregate: true })
  const aggregator = new RecordAggregator()
  for (const data of ['a', 'b', 'c', 'd']) aggregator.addUserRecord({ partitionKey: 'k', data: Buffer.from(data) })
  r.stream.put(shardIdOf(0), 'before', Buffer.from(aggregator.build()!.data), 'after')
  r.assign(shardIdOf(0))
  await settle()
  t.same(pollBatch(r.reader, 3)?.batch.values().map(String), ['before', 'a', 'b'])
  const [split] = r.splits(1)
  t.match(split?.position, { type: 'WITHIN_AGGREGATE', subSequenceNumber: 1 })
  r.reader.close()
  const next = readerOf(r.stream, {}, { deaggregate: true })
  next.addSplits([assignmentOf(split!)])
  await settle()
  t.same(pollBatch(next)?.batch.values().map(String), ['c', 'd', 'after'])
  next.close()
})

t.test('aggregates that are passed on as they are get one warning', async t => {
  const warnings: string[] = []
  const stream = new FakeStream(new ManualClock())
  const reader = readerOf(stream, { warn: message => warnings.push(message) }, { maxRecordCount: 1 })
  const aggregator = new RecordAggregator()
  aggregator.addUserRecord({ partitionKey: 'k', data: Buffer.from('a') })
  const packed = Buffer.from(aggregator.build()!.data)
  stream.put(shardIdOf(0), packed, packed)
  reader.addSplits([assignmentOf(splitOf())])
  await settle()
  t.same(pollBatch(reader)?.batch.value(0), packed)
  await settle()
  t.same(pollBatch(reader)?.batch.value(0), packed)
  t.equal(warnings.length, 1)
  t.match(warnings[0], /shardId-000000000000 .*source.deaggregate/)
  reader.close()
})

t.test('by enhanced fan-out, empty events move the continuation; half an event does not', async t => {
  const r = started()
  const consumerArn = `${r.stream.arn}/consumer/me:1`
  r.reader.addSplits([assignmentOf(splitOf(), consumerArn)])
  await settle()
  const subscription = r.stream.subscriptions[0]!
  const [a, b] = r.stream.put(shardIdOf(0), 'a', 'b')
  subscription.push([a!, b!], '500')
  await settle()
  pollBatch(r.reader, 1)
  t.match(r.splits(1), [{ position: { sequenceNumber: a!.sequenceNumber }, continuationSequenceNumber: null }])
  pollBatch(r.reader, 1)
  t.match(r.splits(2), [{ position: { sequenceNumber: b!.sequenceNumber }, continuationSequenceNumber: '500' }])
  subscription.push([], '600')
  await settle()
  t.equal(pollBatch(r.reader), null)
  t.match(r.splits(3), [{ position: { sequenceNumber: b!.sequenceNumber }, continuationSequenceNumber: '600' }])
  r.reader.close()
})

t.test('where enhanced fan-out is refused, a shard is polled from what was emitted on, if that is wanted', async t => {
  for (const fallsBackToPolling of [true, false]) {
    const r = started(1, { fallsBackToPolling })
    r.reader.addSplits([assignmentOf(splitOf(), `${r.stream.arn}/consumer/me:1`)])
    await settle()
    const records = r.stream.put(shardIdOf(0), 'a', 'b', 'c')
    r.stream.subscriptions[0]!.push(records.slice(0, 2), records[1]!.sequenceNumber)
    await settle()
    t.same(pollBatch(r.reader, 1)?.batch.values().map(String), ['a'])
    r.stream.subscriptions[0]!.break(new ServiceError('ACCESS_DENIED', 'not any more'))
    await settle()
    if (fallsBackToPolling) t.same(pollBatch(r.reader)?.batch.values().map(String), ['b', 'c'])
    else t.match(r.failures, [{ code: 'ACCESS_DENIED' }])
    r.reader.close()
  }
})

t.test('there is no moment at which neither a shard nor its children hold event time back', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const assign = (ids: readonly string[]): void =>
    reader.addSplits(ids.map(shardId => assignmentOf(splitOf({ shardId }))))
  const sendEvent = (event: unknown): void =>
    assign((event as Extract<SplitEvent, { type: 'finished' }>).childShards.map(c => c.shardId))
  const reader = readerOf(stream, { sendEvent })
  const active = (): string[] => reader.activeSplits.map(id => id.slice(id.lastIndexOf('/') + 1))
  assign([shardIdOf(0)])
  stream.put(shardIdOf(0), 'last')
  const children = stream.split(shardIdOf(0))
  await settle()
  t.equal(pollBatch(reader)?.batch.count, 1)
  t.same(active(), [shardIdOf(0)], 'its last batch is on its way')
  t.equal(pollBatch(reader), null)
  t.same(active(), children)
  reader.close()
})

t.test(
  'the enumerator learns of an end when the marker behind the last batch has passed, and the split counts until then',
  async t => {
    const r = started()
    const [root] = r.stream.shardIds as [string]
    r.assign(root)
    r.stream.put(root, 'a')
    r.stream.split(root)
    await settle()
    t.same(r.poll(), ['a'])
    const end = r.reader.poll()
    t.ok(end instanceof SplitEnd)
    r.reader.noMoreSplits()
    t.same(r.events, [])
    t.equal(r.reader.activeSplits.length, 1)
    t.equal(r.reader.finished, false)
    t.match(r.splits(1), [{ finished: true, shardId: root }], 'everything of it was emitted before the barrier')
    r.reader.notifyCheckpointComplete(1)
    t.equal(r.splits(2).length, 1, 'the enumerator does not know of it yet')
    ;(end as SplitEnd).arrived()
    t.match(r.events, [{ type: 'finished', shardId: root }])
    t.same(r.reader.activeSplits, [])
    t.equal(r.reader.finished, true)
    r.reader.notifyCheckpointComplete(2)
    r.splits(3)
    r.reader.notifyCheckpointComplete(3)
    t.same(r.splits(4), [])
  },
)
