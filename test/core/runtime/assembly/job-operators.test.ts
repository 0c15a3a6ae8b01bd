import t from 'tap'

import { prepare } from '../../fakes/attempts.ts'
import { collectionT, functionT, graphOf, sinkT } from '../../fakes/graphs.ts'
import { local } from '../../fakes/job-graphs.ts'
import { operatorContext } from '../../fakes/operators.ts'

const graph = graphOf([
  collectionT(1, 'a'),
  functionT(2, [1], local('f')),
  sinkT(3, [2], { sink: { type: 'discard' } }),
])

t.test('a source is created once for the job, and an operator for each subtask of each attempt', async t => {
  const { plan, operators } = await prepare(graph, { f: (value: string) => value })
  const [source, map] = plan.nodes.map(n => n.node)
  t.ok(operators.source(source!))
  t.equal(operators.create(source!, operatorContext()), null)
  t.equal(operators.source(map!), null)
  t.not(operators.create(map!, operatorContext()), operators.create(map!, operatorContext()))
})

t.test('a job is bounded when its sources are', async t => {
  t.equal((await prepare(graph, { f: (value: string) => value })).operators.bounded, true)
})

t.test('a function that the process does not have is an error before anything runs', async t => {
  await t.rejects(prepare(graph), { code: 'GRAPH_INVALID', message: /'function 2' refers to 'f'/ })
})

t.test('a source that cannot be disposed of is a warning', async t => {
  const warnings: string[] = []
  const { plan, operators } = await prepare(graph, { f: (value: string) => value }, w => warnings.push(w))
  const source = operators.source(plan.nodes[0]!.node)!
  source.dispose = () => Promise.reject(new Error('the consumer is still there'))
  await operators.dispose()
  t.same(warnings, ['the consumer is still there'])
})
