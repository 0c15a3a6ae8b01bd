import fc from 'fast-check'
import t from 'tap'

import type { OperatorState } from '../../../../../../core/checkpoint/operator-state.ts'
import { oneByOne } from '../../../../../../core/operators/shard-assigner.ts'
import type { AssignShards } from '../../../../../../core/operators/shard-assigner.ts'
import type { EnumeratorState } from '../../../../../../core/connectors/kinesis/source/enumerator/enumerator-state.ts'
import type { ShardDescription } from '../../../../../../core/aws/kinesis/stream-proxy.ts'
import { writeSplits } from '../../../../../../core/connectors/kinesis/source/split/split-state.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'
import { enumeratorOf, RecordedEnumeratorContext, splitOf } from '../../../../fakes/splits.ts'
import type { SplitEvent } from '../../../../../../core/connectors/kinesis/source/split/split-events.ts'

function started(shards = 1, overrides: Parameters<typeof enumeratorOf>[2] = {}, parallelism = 1) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards })
  const context = new RecordedEnumeratorContext(parallelism)
  const enumerator = enumeratorOf(stream, context, overrides)
  return { clock, stream, context, enumerator }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>(r => (resolve = r))
  return { promise, resolve }
}

/** The event of a reader that has emitted a whole shard. */
function finished(stream: FakeStream, shardId: string, children: readonly string[] = []): SplitEvent {
  const childShards = children.map(id => ({
    shardId: id,
    parentShards: stream.parentsOf(id),
    startingHashKey: '0',
    endingHashKey: '1',
  }))
  return { type: 'finished', shardId, childShards }
}

t.test('a fresh start hands out every shard, at the initial position', async t => {
  const initialPosition = { type: 'AT_TIMESTAMP', timestampMs: 17 } as const
  const { context, enumerator } = started(3, { initialPosition: () => initialPosition }, 3)
  await enumerator.start(null)
  t.same(
    context.assigned.map(a => [a.subtask, a.split.shardId, a.split.position]),
    [0, 1, 2].map(n => [n, shardIdOf(n), initialPosition]),
  )
  t.equal(context.ended, false)
  enumerator.close()
})

t.test('the split id holds the ARN of the stream', async t => {
  const { context, stream, enumerator } = started()
  await enumerator.start(null)
  t.equal(context.assigned[0]?.split.splitId, `${stream.arn}/${shardIdOf(0)}`)
  enumerator.close()
})

t.test('children that the end of a shard names start at once, from their beginning', async t => {
  const { context, stream, enumerator } = started(1, { initialPosition: () => ({ type: 'LATEST' }) })
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0), children))
  t.same(context.shardIds, [shardIdOf(0), ...children])
  t.same(context.assigned[1]?.split.position, { type: 'TRIM_HORIZON' })
  t.equal(stream.callsOf('listShards').length, 1, 'and nobody had to ask the service')
  enumerator.close()
})

t.test('where the end of a shard names no children they are looked for at once', async t => {
  const { context, stream, enumerator } = started()
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0)))
  await settle()
  t.same(context.shardIds, [shardIdOf(0), ...children])
  enumerator.close()
})

t.test('a listing that was under way when a shard ended is followed by another', async t => {
  const { context, stream, clock, enumerator } = started(2)
  await enumerator.start(null)
  const { promise, resolve } = withResolvers()
  stream.listingsHeld = promise
  await clock.pass(10_000)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0)))
  resolve()
  await settle()
  t.equal(stream.callsOf('listShards').length, 3)
  t.same(context.shardIds.slice(2), children)
  enumerator.close()
})

t.test('the child of a merge waits for both parents', async t => {
  const { context, stream, enumerator } = started(2)
  await enumerator.start(null)
  const child = stream.merge(shardIdOf(0), shardIdOf(1))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0), [child]))
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(1), [child]))
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1), child])
  enumerator.close()
})

t.test('a child of a parent that nobody has heard of yet waits until that one was read', async t => {
  const { context, stream, enumerator } = started(2)
  await enumerator.start(null)
  // Between two listings: 1 is split into 2 and 3, and 0 is merged with 2.
  const [two, three] = stream.split(shardIdOf(1)) as [string, string]
  const merged = stream.merge(shardIdOf(0), two)
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0), [merged]))
  await settle()
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(1), [two, three]))
  t.same(context.shardIds.slice(2), [two, three])
  enumerator.handleSourceEvent(0, finished(stream, two, [merged]))
  t.same(context.shardIds.slice(4), [merged])
  enumerator.close()
})

t.test('shards that appear are found at the next tick and read from their beginning', async t => {
  const { context, stream, clock, enumerator } = started(1, { preserveShardOrder: false })
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  await clock.pass(9_999)
  t.equal(context.assigned.length, 1)
  await clock.pass(1)
  t.same(context.shardIds.slice(1), children)
  t.same(context.assigned.at(-1)?.split.position, { type: 'TRIM_HORIZON' })
  enumerator.close()
})

t.test('a listing that fails for now is tried again, one that cannot succeed ends the job', async t => {
  const { context, stream, clock, enumerator } = started(1, { preserveShardOrder: false })
  await enumerator.start(null)
  stream.fail('listShards', 'THROTTLED')
  stream.split(shardIdOf(0))
  await clock.pass(10_000)
  t.same([context.assigned.length, context.failures.length], [1, 0])
  await clock.pass(10_000)
  t.equal(context.assigned.length, 3)
  stream.deleted = true
  await clock.pass(10_000)
  t.match(context.failures, [{ code: 'STREAM_NOT_FOUND' }])
  enumerator.close()
})

t.test('a stream that is not there is an error at the start', async t => {
  const { stream, enumerator } = started()
  stream.deleted = true
  await t.rejects(enumerator.start(null), { code: 'STREAM_NOT_FOUND' })
  enumerator.close()
})

t.test('once closed it hands out nothing, even if the answer to its first question comes late', async t => {
  const { context, enumerator, clock } = started()
  const starting = enumerator.start(null)
  enumerator.close()
  await t.rejects(starting)
  await clock.pass(60_000, 10_000)
  t.equal(context.assigned.length, 0)
  t.same(clock.armed, [])
})

t.test('finished shards are remembered while the service lists them, and forgotten afterwards', async t => {
  const { stream, clock, enumerator } = started()
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0), children))
  const shards = (): string[] => (enumerator.snapshot().json as EnumeratorState).shards.map(s => s.split.shardId)
  await clock.pass(10_000)
  t.same(shards(), [shardIdOf(0), ...children])
  stream.expire(shardIdOf(0))
  await clock.pass(10_000)
  t.same(shards(), children)
  enumerator.close()
})

t.test('a shard that finished while a listing was under way is not forgotten by it', async t => {
  const { stream, clock, enumerator, context } = started(1, { preserveShardOrder: false })
  await enumerator.start(null)
  const { promise, resolve } = withResolvers()
  stream.listingsHeld = promise
  await clock.pass(10_000) // the listing looks before the split
  const [child, sister] = stream.split(shardIdOf(0)) as [string, string]
  const grandchildren = stream.split(child)
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0), [child, sister]))
  enumerator.handleSourceEvent(0, finished(stream, child, grandchildren))
  resolve()
  await clock.pass(30_000, 10_000)
  t.equal(context.shardIds.filter(id => id === child).length, 1)
  enumerator.close()
})

t.test('an assigner that names a subtask that does not exist ends the job', async t => {
  const { context, enumerator } = started(1, { assign: oneByOne(() => 5) }, 2)
  await enumerator.start(null)
  t.match(context.failures, [{ code: 'CONFIGURATION_INVALID', message: /gave subtask 5 .* from 0 to 1/ }])
  enumerator.close()
})

t.test('its state is this document', async t => {
  const { stream, enumerator } = started(2)
  await enumerator.start(null)
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(1), stream.split(shardIdOf(1)).slice(0, 1)))
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

t.test('restored, it reads on where the readers were, not where it thought they were', async t => {
  const { stream, enumerator } = started(2)
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
  'restored, shards that nobody knew are read from their beginning, after the parents that a reader had finished',
  async t => {
    const { stream, enumerator } = started()
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

t.test('restored, a shard that has passed its retention holds nobody back', async t => {
  const { stream, enumerator } = started()
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

t.test('a stream that was made anew since the checkpoint is an error', async t => {
  const { stream, enumerator } = started()
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
  const { clock, enumerator } = started()
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

t.test('state of version 1 is read too', async t => {
  const { enumerator, stream } = started()
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
    const { clock, enumerator, stream } = started(3)
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

t.test('an assigner of another process may take its time, and is asked for one lot after the other', async t => {
  const asked: string[][] = []
  const answers: ((subtasks: number[]) => void)[] = []
  const assign: AssignShards = shards => {
    asked.push(shards.map(s => s.shardId))
    return new Promise(resolve => answers.push(resolve))
  }
  const { context, stream, enumerator } = started(2, { assign }, 2)
  await enumerator.start(null)
  t.same(context.assigned, [])
  t.match(enumerator.snapshot().json, { shards: [{ status: 'UNASSIGNED' }, { status: 'UNASSIGNED' }] })
  answers.shift()!([1, 0])
  await settle()
  t.same(
    context.assigned.map(a => [a.subtask, a.split.shardId]),
    [
      [1, shardIdOf(0)],
      [0, shardIdOf(1)],
    ],
  )
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(1, finished(stream, shardIdOf(0), children))
  const more = stream.split(shardIdOf(1))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(1), more))
  t.same(asked.slice(1), [children])
  answers.shift()!([0, 0])
  await settle()
  t.same(asked.slice(1), [children, more])
  answers.shift()!([1])
  await settle()
  t.match(context.failures, [{ code: 'CONFIGURATION_INVALID', message: /gave subtask undefined/ }])
  enumerator.close()
})

t.test('it explains which shard is whose, and what the others wait for', async t => {
  const { stream, enumerator } = started(2)
  const children = stream.split(shardIdOf(0))
  await enumerator.start(null)
  t.match(enumerator.explain(), [
    { shardId: shardIdOf(0), status: 'ASSIGNED', subtask: 0, waitsFor: [] },
    { shardId: shardIdOf(1), status: 'ASSIGNED', subtask: 0, waitsFor: [] },
    ...children.map(shardId => ({ shardId, status: 'UNASSIGNED', subtask: null, waitsFor: [shardIdOf(0)] })),
  ])
  enumerator.close()
})

t.test('state of another kind or version is an error', async t => {
  for (const wrong of [{ type: 'collection-enumerator' }, { version: 3 }]) {
    const { enumerator, stream } = started()
    await enumerator.start(null)
    const state = { ...enumerator.snapshot(), ...wrong }
    enumerator.close()
    const next = enumeratorOf(stream, new RecordedEnumeratorContext())
    await t.rejects(next.start({ enumerator: state, readers: [] }), { code: 'CHECKPOINT_UNREADABLE' })
    next.close()
  }
})

t.test('a source that stops ends when every shard has, children included', async t => {
  const { context, stream, enumerator } = started(2, { stops: true })
  await enumerator.start(null)
  enumerator.handleSourceEvent(0, { type: 'stopped', shardId: shardIdOf(0) })
  t.equal(context.ended, false)
  const children = stream.split(shardIdOf(1))
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(1), children))
  t.equal(context.ended, false)
  for (const shardId of children) enumerator.handleSourceEvent(0, { type: 'stopped', shardId })
  t.equal(context.ended, true)
  enumerator.close()
})

t.test('a source that stops does not end before it has looked for the children of an ended shard', async t => {
  const { context, stream, clock, enumerator } = started(1, { stops: true })
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  stream.fail('listShards', 'THROTTLED')
  enumerator.handleSourceEvent(0, finished(stream, shardIdOf(0)))
  await settle()
  t.equal(context.ended, false, 'the listing failed')
  await clock.pass(10_000)
  t.same(context.shardIds.slice(1), children)
  t.equal(context.ended, false)
  for (const shardId of children) enumerator.handleSourceEvent(0, { type: 'stopped', shardId })
  t.equal(context.ended, true)
  enumerator.close()
})

t.test('a source that has ended hands out nothing any more', async t => {
  const { context, stream, clock, enumerator } = started(1, { stops: true, preserveShardOrder: false })
  await enumerator.start(null)
  enumerator.handleSourceEvent(0, { type: 'stopped', shardId: shardIdOf(0) })
  stream.split(shardIdOf(0))
  await clock.pass(10_000)
  t.equal(context.assigned.length, 1)
  enumerator.close()
})

t.test(
  'parents go before children, and every shard is handed out once, through any history of splits and merges',
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.array(fc.tuple(fc.constantFrom('split', 'merge', 'finish', 'tick'), fc.nat()), {
          maxLength: 40,
          size: 'max',
        }),
        async (shards, namesChildren, steps) => {
          const { context, stream, clock, enumerator } = started(shards)
          const done = new Set<string>()
          await enumerator.start(null)
          const reading = (): string[] => context.shardIds.filter(id => !done.has(id))
          const finish = async (shardId: string): Promise<void> => {
            done.add(shardId)
            const children = stream.shardIds.filter(id => stream.parentsOf(id).includes(shardId))
            enumerator.handleSourceEvent(0, finished(stream, shardId, namesChildren ? children : []))
            await settle()
          }
          for (const [step, n] of steps) {
            const pick = <T>(from: readonly T[]): T | undefined => from[n % Math.max(1, from.length)]
            const open = pick(stream.openShardIds)
            const pair = pick(stream.adjacentPairs())
            const ended = pick(reading().filter(id => !stream.openShardIds.includes(id)))
            if (step === 'split' && open !== undefined) stream.split(open)
            if (step === 'merge' && pair !== undefined) stream.merge(...pair)
            if (step === 'finish' && ended !== undefined) await finish(ended)
            if (step === 'tick') await clock.pass(10_000)
          }
          for (;;) {
            await clock.pass(10_000)
            const ended = reading().find(id => !stream.openShardIds.includes(id))
            if (ended === undefined) break
            await finish(ended)
          }
          enumerator.close()
          const order = context.shardIds
          if (new Set(order).size !== order.length) throw new Error(`handed out twice: ${order.join()}`)
          if (order.length !== stream.shardIds.length) throw new Error('a shard was never handed out')
          order.forEach((id, i) => {
            for (const parent of stream.parentsOf(id))
              if (order.indexOf(parent) > i) throw new Error(`${id} came before its parent ${parent}`)
          })
        },
      ),
      { numRuns: 150 },
    )
    t.pass('held')
  },
)

t.test('calls of the start that are throttled, or fail at the service, are made again', async t => {
  for (const operation of ['describeStream', 'listShards'] as const)
    for (const code of ['THROTTLED', 'SERVICE_FAILED'] as const) {
      const { context, clock, stream, enumerator } = started(2)
      stream.fail(operation, code, { times: 20 })
      const starting = enumerator.start(null)
      await clock.pass(60_000, 500)
      await starting
      t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
      t.match(context.warnings[0], /failed: .* This has lasted for \d+ s; it is tried again/)
      enumerator.close()
    }
})

t.test('the start fails at once where another try does not help, and after a bound where it might', async t => {
  for (const [code, times] of [
    ['ACCESS_DENIED', 1],
    ['STREAM_NOT_FOUND', 1],
    ['ENDPOINT_UNREACHABLE', 1],
    ['RESPONSE_INVALID', 5],
    ['THROTTLED', 7],
  ] as const) {
    const retry = { retryMinDelayMs: 100, retryMaxDelayMs: 1000, retryMaxAttempts: 7 }
    const { clock, stream, enumerator } = started(1, { retry })
    stream.fail('listShards', code, { times: 20 })
    const failed = t.rejects(enumerator.start(null), { code })
    await clock.pass(10_000, 500)
    await failed
    t.equal(stream.callsOf('listShards').length, times, code)
    enumerator.close()
  }
})

t.test('a start that is closed waits no longer', async t => {
  const { stream, enumerator } = started()
  stream.fail('listShards', 'THROTTLED', { times: 20 })
  const failed = t.rejects(enumerator.start(null), { message: /closed/ })
  await settle()
  enumerator.close()
  await failed
})

t.test('a first listing that lacks open shards is asked for again', async t => {
  const latest = { type: 'LATEST' } as const
  const { context, clock, stream, enumerator } = started(3, { initialPosition: () => latest })
  stream.tampering.listShards.push(shards => shards.slice(0, 2))
  const starting = enumerator.start(null)
  await clock.pass(1000, 100)
  await starting
  t.same(
    context.assigned.map(a => [a.split.shardId, a.split.position]),
    [0, 1, 2].map(n => [shardIdOf(n), latest]),
  )
  t.same(context.warnings, [])
  enumerator.close()
})

t.test('a restored shard that a listing lacks is not taken for one that is gone', async t => {
  const { enumerator, stream, clock } = started(2)
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

t.test('a finished shard that a listing lacks is forgotten only when the service does not know it', async t => {
  const { context, clock, stream, enumerator } = started(1)
  await enumerator.start(null)
  const [root] = stream.shardIds as [string]
  const children = stream.split(root)
  enumerator.handleSourceEvent(0, finished(stream, root, children))
  stream.tampering.listShards.push(shards => shards.filter(s => s.shardId !== root))
  await clock.pass(30_000, 1000)
  t.same(context.shardIds, [root, ...children], 'it is not read again')
  stream.expire(root)
  await clock.pass(30_000, 1000)
  t.same(
    (enumerator.snapshot().json as EnumeratorState).shards.map(s => s.split.shardId),
    children,
  )
  enumerator.close()
})
