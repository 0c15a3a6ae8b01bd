import fc from 'fast-check'
import t from 'tap'
import { oneByOne } from '../../../../../../core/operators/shard-assigner.ts'
import type { AssignShards } from '../../../../../../core/operators/shard-assigner.ts'
import type { EnumeratorState } from '../../../../../../core/connectors/kinesis/source/enumerator/enumerator-state.ts'
import { shardIdOf } from '../../../../fakes/fake-stream.ts'
import { settle } from '../../../../fakes/manual-clock.ts'
import { enumerating, finishedEvent, withResolvers } from '../../../../fakes/enumerators.ts'

t.test('children that the end of a shard names start at once, from their beginning', async t => {
  const { context, stream, enumerator } = enumerating(1, { initialPosition: () => ({ type: 'LATEST' }) })
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0), children))
  t.same(context.shardIds, [shardIdOf(0), ...children])
  t.same(context.assigned[1]?.split.position, { type: 'TRIM_HORIZON' })
  t.equal(stream.callsOf('listShards').length, 1, 'and nobody had to ask the service')
  enumerator.close()
})

t.test('when the end of a shard names no children, a listing looks for them at once', async t => {
  const { context, stream, enumerator } = enumerating()
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0)))
  await settle()
  t.same(context.shardIds, [shardIdOf(0), ...children])
  enumerator.close()
})

t.test('a listing that was under way when a shard ended is followed by another', async t => {
  const { context, stream, clock, enumerator } = enumerating(2)
  await enumerator.start(null)
  const { promise, resolve } = withResolvers()
  stream.listingsHeld = promise
  await clock.pass(10_000)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0)))
  resolve()
  await settle()
  t.equal(stream.callsOf('listShards').length, 3)
  t.same(context.shardIds.slice(2), children)
  enumerator.close()
})

t.test('the child of a merge waits for both parents', async t => {
  const { context, stream, enumerator } = enumerating(2)
  await enumerator.start(null)
  const child = stream.merge(shardIdOf(0), shardIdOf(1))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0), [child]))
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(1), [child]))
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1), child])
  enumerator.close()
})

t.test('a child of a parent that is not known yet waits until that parent was read', async t => {
  const { context, stream, enumerator } = enumerating(2)
  await enumerator.start(null)
  // Between two listings: 1 is split into 2 and 3, and 0 is merged with 2.
  const [two, three] = stream.split(shardIdOf(1)) as [string, string]
  const merged = stream.merge(shardIdOf(0), two)
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0), [merged]))
  await settle()
  t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(1), [two, three]))
  t.same(context.shardIds.slice(2), [two, three])
  enumerator.handleSourceEvent(0, finishedEvent(stream, two, [merged]))
  t.same(context.shardIds.slice(4), [merged])
  enumerator.close()
})

t.test('shards that appear are found at the next tick and read from their beginning', async t => {
  const { context, stream, clock, enumerator } = enumerating(1, { preserveShardOrder: false })
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  await clock.pass(9_999)
  t.equal(context.assigned.length, 1)
  await clock.pass(1)
  t.same(context.shardIds.slice(1), children)
  t.same(context.assigned.at(-1)?.split.position, { type: 'TRIM_HORIZON' })
  enumerator.close()
})

t.test('a listing that fails for now is made again, one that can never succeed fails the job', async t => {
  const { context, stream, clock, enumerator } = enumerating(1, { preserveShardOrder: false })
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

t.test('finished shards are remembered while the service lists them, and forgotten afterwards', async t => {
  const { stream, clock, enumerator } = enumerating()
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0), children))
  const shards = (): string[] => (enumerator.snapshot().json as EnumeratorState).shards.map(s => s.split.shardId)
  await clock.pass(10_000)
  t.same(shards(), [shardIdOf(0), ...children])
  stream.expire(shardIdOf(0))
  await clock.pass(10_000)
  t.same(shards(), children)
  enumerator.close()
})

t.test('a shard that finished while a listing was under way is not forgotten by it', async t => {
  const { stream, clock, enumerator, context } = enumerating(1, { preserveShardOrder: false })
  await enumerator.start(null)
  const { promise, resolve } = withResolvers()
  stream.listingsHeld = promise
  await clock.pass(10_000) // the listing looks before the split
  const [child, sister] = stream.split(shardIdOf(0)) as [string, string]
  const grandchildren = stream.split(child)
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0), [child, sister]))
  enumerator.handleSourceEvent(0, finishedEvent(stream, child, grandchildren))
  resolve()
  await clock.pass(30_000, 10_000)
  t.equal(context.shardIds.filter(id => id === child).length, 1)
  enumerator.close()
})

t.test('an assigner that names a subtask that does not exist fails the job', async t => {
  const { context, enumerator } = enumerating(1, { assign: oneByOne(() => 5) }, 2)
  await enumerator.start(null)
  t.match(context.failures, [{ code: 'CONFIGURATION_INVALID', message: /gave subtask 5 .* from 0 to 1/ }])
  enumerator.close()
})

t.test('an assigner of another process is asked for one group of splits after the other', async t => {
  const asked: string[][] = []
  const answers: ((subtasks: number[]) => void)[] = []
  const assign: AssignShards = shards => {
    asked.push(shards.map(s => s.shardId))
    return new Promise(resolve => answers.push(resolve))
  }
  const { context, stream, enumerator } = enumerating(2, { assign }, 2)
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
  enumerator.handleSourceEvent(1, finishedEvent(stream, shardIdOf(0), children))
  const more = stream.split(shardIdOf(1))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(1), more))
  t.same(asked.slice(1), [children])
  answers.shift()!([0, 0])
  await settle()
  t.same(asked.slice(1), [children, more])
  answers.shift()!([1])
  await settle()
  t.match(context.failures, [{ code: 'CONFIGURATION_INVALID', message: /gave subtask undefined/ }])
  enumerator.close()
})

t.test('explain shows the subtask of each shard, and the parents that the others wait for', async t => {
  const { stream, enumerator } = enumerating(2)
  const children = stream.split(shardIdOf(0))
  await enumerator.start(null)
  t.match(enumerator.explain(), [
    { shardId: shardIdOf(0), status: 'ASSIGNED', subtask: 0, waitsFor: [] },
    { shardId: shardIdOf(1), status: 'ASSIGNED', subtask: 0, waitsFor: [] },
    ...children.map(shardId => ({ shardId, status: 'UNASSIGNED', subtask: null, waitsFor: [shardIdOf(0)] })),
  ])
  enumerator.close()
})

t.test('a source that stops ends when every shard has, children included', async t => {
  const { context, stream, enumerator } = enumerating(2, { stops: true })
  await enumerator.start(null)
  enumerator.handleSourceEvent(0, { type: 'stopped', shardId: shardIdOf(0) })
  t.equal(context.ended, false)
  const children = stream.split(shardIdOf(1))
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(1), children))
  t.equal(context.ended, false)
  for (const shardId of children) enumerator.handleSourceEvent(0, { type: 'stopped', shardId })
  t.equal(context.ended, true)
  enumerator.close()
})

t.test('a source that stops does not end before it has looked for the children of an ended shard', async t => {
  const { context, stream, clock, enumerator } = enumerating(1, { stops: true })
  await enumerator.start(null)
  const children = stream.split(shardIdOf(0))
  stream.fail('listShards', 'THROTTLED')
  enumerator.handleSourceEvent(0, finishedEvent(stream, shardIdOf(0)))
  await settle()
  t.equal(context.ended, false, 'the listing failed')
  await clock.pass(10_000)
  t.same(context.shardIds.slice(1), children)
  t.equal(context.ended, false)
  for (const shardId of children) enumerator.handleSourceEvent(0, { type: 'stopped', shardId })
  t.equal(context.ended, true)
  enumerator.close()
})

t.test('a source that has ended hands out nothing', async t => {
  const { context, stream, clock, enumerator } = enumerating(1, { stops: true, preserveShardOrder: false })
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
          const { context, stream, clock, enumerator } = enumerating(shards)
          const done = new Set<string>()
          await enumerator.start(null)
          const reading = (): string[] => context.shardIds.filter(id => !done.has(id))
          const finish = async (shardId: string): Promise<void> => {
            done.add(shardId)
            const children = stream.shardIds.filter(id => stream.parentsOf(id).includes(shardId))
            enumerator.handleSourceEvent(0, finishedEvent(stream, shardId, namesChildren ? children : []))
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

t.test('a finished shard that a listing lacks is forgotten only when the service does not know it', async t => {
  const { context, clock, stream, enumerator } = enumerating(1)
  await enumerator.start(null)
  const [root] = stream.shardIds as [string]
  const children = stream.split(root)
  enumerator.handleSourceEvent(0, finishedEvent(stream, root, children))
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
