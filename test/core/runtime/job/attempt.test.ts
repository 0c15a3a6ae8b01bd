import t from 'tap'

import { attemptOf, prepare } from '../../fakes/attempts.ts'
import { collectionT, functionT, graphOf, sinkT } from '../../fakes/graphs.ts'
import { local } from '../../fakes/job-graphs.ts'

const through = (parallelism: number) =>
  graphOf([
    collectionT(1, 'a', 'b', 'c'),
    functionT(2, [1], { ...local('f'), partitioning: 'rebalance', parallelism }),
    sinkT(3, [2], { sink: { type: 'discard' }, parallelism }),
  ])

t.test('an attempt connects the subtasks of its chains and ends when the sources have ended', async t => {
  const seen: string[] = []
  const attempt = attemptOf(await prepare(through(2), { f: (value: string) => (seen.push(value), value) }))
  t.same(
    attempt.subtasks.map(s => s.nameWithSubtask),
    ['Source: source 1 (1/1)', 'function 2 -> sink 3 (1/2)', 'function 2 -> sink 3 (2/2)'],
  )
  await attempt.start()
  await attempt.done
  t.same(seen.sort(), ['a', 'b', 'c'])
  t.equal(attempt.failing, false)
})

t.test('the first failure of a subtask ends the whole attempt', async t => {
  const attempt = attemptOf(
    await prepare(through(1), {
      f: () => {
        throw new RangeError('no such airport')
      },
    }),
  )
  await attempt.start()
  await t.rejects(attempt.done, { code: 'FUNCTION_FAILED', message: /no such airport/ })
  t.equal(attempt.failing, true)
  attempt.fail(new Error('later'))
  await t.rejects(attempt.done, { message: /no such airport/ }, 'a later failure does not replace the first')
})

t.test('an attempt that fails while it starts rejects with the failure', async t => {
  const attempt = attemptOf(await prepare(through(1), { f: (value: string) => value }))
  attempt.fail(new Error('cancelled'))
  await t.rejects(attempt.start(), { message: 'cancelled' })
})

t.test('a checkpoint has every operator, and the enumerator of each source', async t => {
  const attempt = attemptOf(await prepare(through(2), { f: (value: string) => value }))
  await attempt.start()
  t.match(attempt.operators(1), [
    { name: 'Source: source 1', parallelism: 1, enumerator: {} },
    { name: 'function 2', parallelism: 2, maxParallelism: 128, enumerator: null },
    { name: 'sink 3', parallelism: 2, enumerator: null },
  ])
  await attempt.done
})
