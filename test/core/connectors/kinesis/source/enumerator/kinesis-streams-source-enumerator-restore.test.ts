import t from 'tap'
import type { OperatorState } from '../../../../../../core/checkpoint/operator-state.ts'
import type { ShardDescription } from '../../../../../../core/aws/kinesis/stream-proxy.ts'
import { writeSplits } from '../../../../../../core/connectors/kinesis/source/split/split-state.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { enumeratorOf, RecordedEnumeratorContext, splitOf } from '../../../../fakes/splits.ts'
import { enumerating, finishedEvent } from '../../../../fakes/enumerators.ts'

t.test('the state is this document', async t => {
  const { stream, enumerator } = enumerating(2)
  await enumerator.start(null)
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(1), stream.split(shardIdOf(1)).slice(0, 1)))
  t.same(JSON.parse(JSON.stringify(enumerator.snapshot())), {
    type: 'kinesis-enumerator',
    version: 2,
    json: {
      streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights',
      creationTimeMs: 1769774400000,
      shards: [
        {
          split: {
            splitId: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/shardId-000000000000',
            streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights',
            shardId: 'shardId-000000000000',
            parentShardIds: [],
            startingHashKey: '0',
            endingHashKey: '170141183460469231731687303715884105727',
            position: { type: 'TRIM_HORIZON' },
            continuationSequenceNumber: null,
            lastArrivalMs: null,
            finished: false,
          },
          status: 'ASSIGNED',
        },
        {
          split: {
            splitId: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/shardId-000000000001',
            streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights',
            shardId: 'shardId-000000000001',
            parentShardIds: [],
            startingHashKey: '170141183460469231731687303715884105728',
            endingHashKey: '340282366920938463463374607431768211455',
            position: { type: 'TRIM_HORIZON' },
            continuationSequenceNumber: null,
            lastArrivalMs: null,
            finished: true,
          },
          status: 'FINISHED',
        },
        {
          split: {
            splitId: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/shardId-000000000002',
            streamArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/flights',
            shardId: 'shardId-000000000002',
            parentShardIds: ['shardId-000000000001'],
            startingHashKey: '0',
            endingHashKey: '1',
            position: { type: 'TRIM_HORIZON' },
            continuationSequenceNumber: null,
            lastArrivalMs: null,
            finished: false,
          },
          status: 'ASSIGNED',
        },
      ],
    },
    bytes: null,
  })
  enumerator.close()
})

t.test('a restored source reads on at the positions of the readers, not of the enumerator', async t => {
  const { stream, enumerator } = enumerating(2)
  await enumerator.start(null)
  const state = enumerator.snapshot()
  enumerator.close()
  const at = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '42' } as const
  const context = new RecordedEnumeratorContext(2)
  const next = enumeratorOf(stream, context, { initialPosition: () => ({ type: 'LATEST' }) })
  const readers = [writeSplits([splitOf({ shardId: shardIdOf(1), position: at })])]
  await next.start({ enumerator: state, readers })
  t.same(
    context.assigned.map(a => [a.split.shardId, a.split.position]),
    [
      [shardIdOf(0), { type: 'TRIM_HORIZON' }], // in no reader's state: opened again where it was handed out
      [shardIdOf(1), at],
    ],
  )
  next.close()
})

t.test(
  'after a restore, unknown shards are read from their beginning, after the parents that a reader had finished',
  async t => {
    const { stream, enumerator } = enumerating()
    await enumerator.start(null)
    const state = enumerator.snapshot()
    enumerator.close()
    const children = stream.split(shardIdOf(0))
    const context = new RecordedEnumeratorContext()
    const next = enumeratorOf(stream, context, { initialPosition: () => ({ type: 'LATEST' }) })
    await next.start({ enumerator: state, readers: [writeSplits([splitOf({ finished: true })])] })
    t.same(context.shardIds, children)
    t.same(context.assigned[0]?.split.position, { type: 'TRIM_HORIZON' })
    next.close()
  },
)

t.test('after a restore, a shard that has passed its retention does not hold its children back', async t => {
  const { stream, enumerator } = enumerating()
  await enumerator.start(null)
  const state = enumerator.snapshot()
  enumerator.close()
  const children = stream.split(shardIdOf(0))
  stream.expire(shardIdOf(0))
  const context = new RecordedEnumeratorContext()
  const next = enumeratorOf(stream, context)
  await next.start({ enumerator: state, readers: [writeSplits([splitOf()])] })
  t.same(context.shardIds, children)
  next.close()
})

t.test('a stream that was recreated since the checkpoint is an error', async t => {
  const { stream, enumerator } = enumerating()
  await enumerator.start(null)
  const state = enumerator.snapshot()
  enumerator.close()
  stream.creationTimeMs += 999 // some endpoints round
  const rounded = enumeratorOf(stream, new RecordedEnumeratorContext())
  await rounded.start({ enumerator: state, readers: [] })
  rounded.close()
  stream.creationTimeMs += 60_000
  const next = enumeratorOf(stream, new RecordedEnumeratorContext())
  await t.rejects(next.start({ enumerator: state, readers: [] }), { code: 'STREAM_RECREATED', message: /flights/ })
  next.close()
})

t.test("another stream's positions are an error, even if it was made in the same second", async t => {
  const { clock, enumerator } = enumerating()
  await enumerator.start(null)
  const state = enumerator.snapshot()
  enumerator.close()
  const other = new FakeStream(clock, { name: 'trains' })
  const next = enumeratorOf(other, new RecordedEnumeratorContext())
  await t.rejects(next.start({ enumerator: state, readers: [] }), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /stream\/flights, but the source reads .*stream\/trains/,
  })
  next.close()
})

t.test('state of version 1 can be restored', async t => {
  const { enumerator, stream } = enumerating()
  await enumerator.start(null)
  const state = JSON.parse(JSON.stringify({ ...enumerator.snapshot(), version: 1 })) as OperatorState
  for (const { split } of (state.json as { shards: { split: Record<string, unknown> }[] }).shards) {
    delete split['continuationSequenceNumber']
    delete split['lastArrivalMs']
  }
  enumerator.close()
  const context = new RecordedEnumeratorContext()
  const next = enumeratorOf(stream, context)
  await next.start({ enumerator: state, readers: [] })
  t.match(context.assigned, [{ split: { continuationSequenceNumber: null, lastArrivalMs: null } }])
  next.close()
})

t.test(
  'records that passed their retention since the checkpoint are named in a warning, and reading goes on',
  async t => {
    const { clock, enumerator, stream } = enumerating(3)
    await enumerator.start(null)
    const state = enumerator.snapshot()
    enumerator.close()
    const at = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '42' } as const
    const dayAgo = clock.now() - 86_400_000
    const readers = [
      writeSplits([
        splitOf({ shardId: shardIdOf(0), position: at, lastArrivalMs: dayAgo - 1 }),
        splitOf({ shardId: shardIdOf(1), position: at, lastArrivalMs: dayAgo + 5000 }),
        splitOf({ shardId: shardIdOf(2), position: at, lastArrivalMs: dayAgo - 5000 }),
      ]),
    ]
    stream.expire(shardIdOf(2))
    const context = new RecordedEnumeratorContext()
    const next = enumeratorOf(stream, context)
    const starting = next.start({ enumerator: state, readers })
    await clock.pass(2000, 100)
    await starting
    // The shard that is gone is an open one here, so the listings have a hole.
    t.match(context.warnings.shift(), /no open shard for the hash key \d+, in 3 answers/)
    t.equal(context.warnings.length, 1)
    t.match(context.warnings[0], /flights keeps records for 24 hours.*000000000000 \(after 2026-.*000000000002 \(after/)
    t.notMatch(context.warnings[0], shardIdOf(1))
    t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
    next.close()
  },
)

t.test('state of another kind or version is an error', async t => {
  for (const wrong of [{ type: 'collection-enumerator' }, { version: 3 }]) {
    const { enumerator, stream } = enumerating()
    await enumerator.start(null)
    const state = { ...enumerator.snapshot(), ...wrong }
    enumerator.close()
    const next = enumeratorOf(stream, new RecordedEnumeratorContext())
    await t.rejects(next.start({ enumerator: state, readers: [] }), { code: 'CHECKPOINT_UNREADABLE' })
    next.close()
  }
})

t.test('a restored shard that a listing lacks is not taken for one that the service has forgotten', async t => {
  const { enumerator, stream, clock } = enumerating(2)
  await enumerator.start(null)
  const state = enumerator.snapshot()
  enumerator.close()
  const context = new RecordedEnumeratorContext()
  const next = enumeratorOf(stream, context)
  const cut = (shards: ShardDescription[]): ShardDescription[] => shards.filter(s => s.shardId !== shardIdOf(1))
  // One that is closed: no hole shows that it is missing.
  stream.split(shardIdOf(1))
  stream.tampering.listShards.push(cut, cut)
  const starting = next.start({ enumerator: state, readers: [] })
  await clock.pass(5000, 100)
  await starting
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
  t.same(context.warnings, [])
  next.close()

  const always = enumeratorOf(stream, new RecordedEnumeratorContext())
  stream.tampering.listShards.push(cut, cut, cut, cut, cut)
  const failed = t.rejects(always.start({ enumerator: state, readers: [] }), {
    code: 'RESPONSE_INVALID',
    message: /lacks shard shardId-0+1, of which the service has records/,
  })
  await clock.pass(10_000, 100)
  await failed
  always.close()
})
