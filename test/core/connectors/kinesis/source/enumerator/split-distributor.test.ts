import t from 'tap'

import type { AssignShards } from '../../../../../../core/operators/shard-assigner.ts'
import { SplitDistributor } from '../../../../../../core/connectors/kinesis/source/enumerator/split-distributor.ts'
import { SplitTracker } from '../../../../../../core/connectors/kinesis/source/enumerator/split-tracker.ts'
import { shardIdOf } from '../../../../fakes/fake-stream.ts'
import { settle } from '../../../../fakes/manual-clock.ts'
import { RecordedEnumeratorContext, splitOf } from '../../../../fakes/splits.ts'

function distributing(assign: AssignShards, parallelism = 2) {
  const tracker = new SplitTracker(true)
  const context = new RecordedEnumeratorContext(parallelism)
  let later = 0
  const distributor = new SplitDistributor({ assign, tracker, context, onAssignedLater: () => later++ })
  const put = (...shards: number[]): void =>
    shards.forEach(n => tracker.put(splitOf({ shardId: shardIdOf(n) }), 'UNASSIGNED'))
  return { tracker, context, distributor, put, later: () => later }
}

t.test('each subtask gets its splits in one call, with the consumer', async t => {
  const { context, distributor, put } = distributing(shards => shards.map((_, i) => i % 2))
  const calls: [number, number][] = []
  context.onSplits = (subtask, splits) => calls.push([subtask, splits.length])
  distributor.consumerArn = 'arn:consumer'
  put(0, 1, 2)
  distributor.distribute()
  t.same(calls, [
    [0, 2],
    [1, 1],
  ])
  t.match(context.assigned, [{ consumerArn: 'arn:consumer' }, {}, {}])
  t.equal(distributor.subtaskOf(shardIdOf(1)), 1)
  distributor.release(shardIdOf(1))
  t.equal(distributor.subtaskOf(shardIdOf(1)), null)
})

t.test('the assigner sees which subtask reads which shards', async t => {
  const seen: unknown[] = []
  const { distributor, put } = distributing((shards, { assigned }) => {
    seen.push(assigned)
    return shards.map(() => 1)
  })
  put(0)
  distributor.distribute()
  put(1)
  distributor.distribute()
  distributor.distribute()
  t.same(seen, [
    [[], []],
    [[], [shardIdOf(0)]],
  ])
})

t.test('an assigner that answers later is not asked again before that', async t => {
  const answers: ((subtasks: number[]) => void)[] = []
  const { context, distributor, put, later } = distributing(() => new Promise(resolve => answers.push(resolve)))
  put(0)
  distributor.distribute()
  put(1)
  distributor.distribute()
  t.equal(answers.length, 1)
  answers[0]!([0])
  await settle()
  t.same(context.shardIds, [shardIdOf(0)])
  t.equal(answers.length, 2, 'the split that was found meanwhile is assigned next')
  t.equal(later(), 1)
  distributor.close()
  answers[1]!([0])
  await settle()
  t.same(context.shardIds, [shardIdOf(0)], 'a closed distributor hands out nothing')
})

t.test('an assigner that fails, or that names a subtask that does not exist, fails the job', async t => {
  const error = new Error('no such table')
  for (const [assign, code] of [
    [() => [2], 'CONFIGURATION_INVALID'],
    [() => [0.5], 'CONFIGURATION_INVALID'],
    [() => [], 'CONFIGURATION_INVALID'],
    [() => Promise.reject(error), 'FUNCTION_FAILED'],
    [
      () => {
        throw error
      },
      'FUNCTION_FAILED',
    ],
  ] as const satisfies readonly (readonly [AssignShards, string])[]) {
    const { context, distributor, put } = distributing(assign)
    put(0)
    distributor.distribute()
    await settle()
    t.match(context.failures, [{ code }])
    t.same(context.shardIds, [])
  }
})
