import t from 'tap'

import type { ChainNode, JobPlan } from '../../../../core/runtime/plan/job-plan.ts'
import { operatorKinds } from '../../../../core/runtime/operator-kinds.ts'
import { planJob } from '../../../../core/runtime/plan/planner.ts'
import {
  collectionT,
  edgeT,
  functionT,
  graphOf,
  kinesisSinkSpec,
  pythonT,
  sinkT,
  sourceT,
  strategyOf,
  watermarksT,
} from '../../fakes/graphs.ts'

const plan = (
  transformations: Parameters<typeof graphOf>[0],
  { parallelism = 2, maxParallelism = 128, chaining = true } = {},
): JobPlan => planJob(graphOf(transformations), { parallelism, maxParallelism, chaining }, operatorKinds)

const names = (p: JobPlan): string[] => p.chains.map(c => `${c.name} (${c.parallelism})`)
const edgesOf = (node: ChainNode): string[] => node.edges.map(e => `${e.partitioner.type} ${e.target.name}`)

t.test('what needs no exchange is one chain', async t => {
  const p = plan([sourceT(1), functionT(2, [1]), functionT(3, [2], { kind: 'filter' }), sinkT(4, [3])])
  t.same(names(p), ['Source: source 1 -> function 2 -> function 3 -> sink 4 (2)'])
  t.equal(p.nodes.length, 4)
})

t.test('another parallelism is another chain, with a rebalance between', async t => {
  const p = plan([sourceT(1), functionT(2, [1], { parallelism: 4 }), sinkT(3, [2], { parallelism: 4 })])
  t.same(names(p), ['Source: source 1 (2)', 'function 2 -> sink 3 (4)'])
  t.same(edgesOf(p.chains[0]!.head), ['rebalance function 2 -> sink 3'])
})

t.test('an explicit rebalance cuts a chain although the parallelism is the same', async t => {
  const p = plan([sourceT(1), sinkT(2, [1], { partitioning: 'rebalance' })])
  t.same(names(p), ['Source: source 1 (2)', 'sink 2 (2)'])
})

t.test('a forward edge between different parallelisms is an error', async t => {
  t.throws(() => plan([sourceT(1), sinkT(2, [1], { partitioning: 'forward', parallelism: 3 })]), {
    code: 'GRAPH_INVALID',
    message: /'sink 2' has a forward edge, but its input has parallelism 2 and it has 3/,
  })
})

t.test('without chaining each operator is a chain of its own, and forward edges stay forward', async t => {
  const p = plan([sourceT(1), functionT(2, [1]), sinkT(3, [2])], { chaining: false })
  t.same(names(p), ['Source: source 1 (2)', 'function 2 (2)', 'sink 3 (2)'])
  t.same(edgesOf(p.chains[0]!.head), ['forward function 2'])
})

t.test('a collection is read by one subtask, whatever the parallelism', async t => {
  const p = plan([collectionT(1, 'a'), functionT(2, [1])], { parallelism: 3 })
  t.same(names(p), ['Source: source 1 (1)', 'function 2 (3)'])
})

t.test('a branch stays in the chain; several inputs are a chain of their own', async t => {
  const p = plan([sourceT(1), functionT(2, [1]), functionT(3, [1]), sinkT(4, [2, 3])])
  t.same(names(p), ['Source: source 1 -> function 2 -> function 3 (2)', 'sink 4 (2)'])
  t.same(
    p.chains[0]!.head.chained.map(c => c.node.name),
    ['function 2', 'function 3'],
  )
})

t.test('consecutive Python functions are one node, with the state of the first', async t => {
  const p = plan([sourceT(1), pythonT(2, [1], { uid: 'first' }), pythonT(3, [2]), pythonT(4, [3]), sinkT(5, [4])])
  t.equal(p.nodes.length, 3)
  t.match(p.nodes[1]?.node, {
    name: 'function 2 -> function 3 -> function 4',
    operatorId: 'first',
    remote: [{ input: 'text' }, {}, {}],
  })
  t.same(names(p), ['Source: source 1 -> function 2 -> function 3 -> function 4 -> sink 5 (2)'])
})

t.test('Python functions are not fused over a branch, another mode, or a function of this process', async t => {
  t.equal(plan([sourceT(1), pythonT(2, [1]), pythonT(3, [2]), pythonT(4, [2])]).nodes.length, 4)
  t.equal(plan([sourceT(1), pythonT(2, [1]), pythonT(3, [2], { mode: 'process' })]).nodes.length, 3)
  t.equal(plan([sourceT(1), pythonT(2, [1]), functionT(3, [2]), pythonT(4, [3])]).nodes.length, 4)
  t.equal(plan([sourceT(1), pythonT(2, [1]), pythonT(3, [2], { partitioning: 'rebalance' } as object)]).nodes.length, 3)
})

t.test('a graph that cannot be run says why', async t => {
  const wrong: readonly (readonly [Parameters<typeof graphOf>[0], RegExp])[] = [
    [[], /No operators defined/],
    [[sourceT(1), sinkT(1, [1])], /Two transformations have the id 1/],
    [[sourceT(1), sinkT(2, [3])], /'sink 2' takes its input from transformation 3, which does not come before it/],
    [[sinkT(2, [])], /'sink 2' has no input/],
    [[sourceT(1, { parallelism: 200 })], /parallelism 200 is over its max parallelism 128/],
    [[sourceT(1, { parallelism: 0 })], /parallelism must be a whole number from 1, not 0/],
    [[sourceT(1, { parallelism: 1.5 })], /parallelism must be a whole number from 1/],
    [[sourceT(1), functionT(2, [1], { deserializesFor: 1 })], /Only a function of Python can/],
    [
      [sourceT(1), pythonT(2, [1]), pythonT(3, [2], { deserializesFor: 1 })],
      /the source 1, which is not its only input/,
    ],
    [[sourceT(1), sourceT(2), pythonT(3, [1], { deserializesFor: 2 })], /the source 2, which is not its only input/],
    [
      [sourceT(1), pythonT(2, [1]), pythonT(3, [2], { deserializesFor: 1 })],
      /the source 1, which is not its only input/,
    ],
  ]
  for (const [transformations, message] of wrong)
    t.throws(() => plan(transformations), { code: 'GRAPH_INVALID', message })
  const options = { parallelism: 1, maxParallelism: 128, chaining: true }
  t.throws(() => planJob({ ...graphOf([sourceT(1)]), version: 1 as 2 }, options, operatorKinds), {
    message: /version 2, not 1/,
  })
})

t.test("a source's strategy is an operator that is always chained to it", async t => {
  const strategy = strategyOf({ type: 'monotonous' })
  const p = plan([sourceT(1, { watermarkStrategy: strategy }), functionT(2, [1]), sinkT(3, [2])], { chaining: false })
  t.equal(p.chains[0]?.name, 'Source: source 1 -> Timestamps/Watermarks')
  t.match(p.nodes[1]?.node, { kind: { kind: 'watermarks' }, ofSource: true })
  t.same(edgesOf(p.nodes[1]!.node), ['forward function 2'])
})

t.test('a Python assigner joins the Python functions around it, unless there is one before', async t => {
  const assigner = { type: 'python', pickle: 'p', mode: 'thread' } as const
  const watermarkStrategy = strategyOf({ type: 'monotonous', timestampAssigner: assigner })
  const p = plan([
    sourceT(1, { watermarkStrategy }),
    pythonT(2, [1]),
    watermarksT(3, [2], { watermarkStrategy }),
    pythonT(4, [3]),
    sinkT(5, [4]),
  ])
  t.same(names(p), [
    'Source: source 1 -> Timestamps/Watermarks -> function 2 -> watermarks 3 -> function 4 -> sink 5 (2)',
  ])
  t.same(
    p.nodes.map(({ node }) => node.remote?.map(step => step.call.operation) ?? node.kind.kind),
    ['source', ['assign_timestamps', 'map'], ['assign_timestamps', 'map'], 'sink'],
  )
  t.match(p.nodes[1]?.node, { ofSource: true })
  t.match(p.nodes[2]?.node, { ofSource: false })
})

t.test('event time is given at the parallelism of the stream', async t => {
  const p = plan([sourceT(1, { parallelism: 3 }), watermarksT(2, [1]), sinkT(3, [2])])
  t.same(names(p), ['Source: source 1 -> watermarks 2 (3)', 'sink 3 (2)'])
})

t.test('a key_by ends a chain; what follows it by key has state, and only there', async t => {
  const keyBy = { kind: 'key_by' } as const
  const process = { kind: 'process', partitioning: 'hash' } as const
  const p = plan([
    sourceT(1, { parallelism: 3 }),
    pythonT(2, [1], { parallelism: 3 }),
    pythonT(3, [2], keyBy),
    pythonT(4, [3], process),
    pythonT(5, [4]),
    sinkT(6, [5]),
  ])
  t.same(names(p), ['Source: source 1 -> function 2 -> function 3 (3)', 'function 4 -> function 5 -> sink 6 (2)'])
  t.same(edgesOf(p.nodes[1]!.node), ['hash function 4 -> function 5 -> sink 6'])
  t.match(p.nodes[1]!.node, {
    keyed: false,
    remote: [{ call: { operation: 'map' } }, { call: { operation: 'key_by' } }],
  })
  t.match(p.nodes[2]!.node, {
    keyed: true,
    remote: [{ call: { operation: 'process' } }, { call: { operation: 'map' } }],
  })
  t.match(plan([sourceT(1), functionT(2, [1], { kind: 'process' })]).nodes[1]!.node, { keyed: false })
})

t.test('edges by key start from a key_by, and its edges go by key', async t => {
  t.throws(() => plan([sourceT(1), functionT(2, [1], { partitioning: 'hash' })]), {
    message: /'function 2' takes its input by key, but 'source 1' is not a key_by/,
  })
  t.throws(() => plan([sourceT(1), functionT(2, [1], { kind: 'key_by' }), sinkT(3, [2])]), {
    message: /'sink 3' follows the key_by 'function 2', so its edge must be 'hash'/,
  })
})

t.test('a sink may take its partition keys from the key_by before it: both are part of the chain', async t => {
  const sink = kinesisSinkSpec({ partitionKeyGenerator: { type: 'key_by' } })
  const keyBy = { kind: 'key_by' } as const
  const p = plan([sourceT(1), pythonT(2, [1]), pythonT(3, [2], keyBy), sinkT(4, [3], { sink })])
  t.same(names(p), ['Source: source 1 -> function 2 -> function 3 -> sink 4 (2)'])
  t.match(p.nodes[1]!.node, {
    keyed: false,
    remote: [{ call: { operation: 'map' } }, { call: { operation: 'key_by' } }],
  })
  const elsewhere = plan([sourceT(1), pythonT(2, [1], keyBy), sinkT(3, [2], { sink, parallelism: 4 })])
  t.same(names(elsewhere), ['Source: source 1 -> function 2 (2)', 'sink 3 (4)'])
  t.same(edgesOf(elsewhere.nodes[1]!.node), ['rebalance sink 3'])
  t.throws(() => plan([sourceT(1), sinkT(2, [1], { sink })]), {
    code: 'GRAPH_INVALID',
    message: /'sink 2' takes its partition keys from a key_by, but 'source 1' is not a key_by/,
  })
})

t.test('a key_by behind an edge by key has the parallelism of what follows such an edge', async t => {
  const sink = kinesisSinkSpec({ partitionKeyGenerator: { type: 'key_by' } })
  const keyBy = { kind: 'key_by' } as const
  const p = plan([
    sourceT(1, { parallelism: 3 }),
    functionT(2, [1], keyBy),
    functionT(3, [2], { ...keyBy, partitioning: 'hash' }),
    sinkT(4, [3], { sink }),
  ])
  t.same(names(p), ['Source: source 1 -> function 2 (3)', 'function 3 -> sink 4 (2)'])
})

t.test('an operator with two inputs is the head of a chain, and needs an edge to each', async t => {
  const both = (...inputs: ReturnType<typeof edgeT>[]) => functionT(3, [], { kind: 'co_process', inputs })
  const p = plan([sourceT(1), sourceT(2), both(edgeT(1), edgeT(2, { input: 1 })), sinkT(4, [3])])
  t.same(names(p), ['Source: source 1 (2)', 'Source: source 2 (2)', 'function 3 -> sink 4 (2)'])
  t.same(
    p.chains.slice(0, 2).map(c => c.head.edges[0]?.input),
    [0, 1],
  )
  for (const [inputs, message] of [
    [[edgeT(1)], /'function 3' has 2 inputs, and no edge to its input 1/],
    [[edgeT(1), edgeT(2, { input: 2 })], /'function 3' has 2 inputs, and an edge to its input 2/],
  ] as const)
    t.throws(() => plan([sourceT(1), sourceT(2), both(...inputs)]), { code: 'GRAPH_INVALID', message })
  t.throws(() => plan([sourceT(1), sinkT(2, [1], { inputs: [edgeT(1, { input: 1 })] })]), {
    message: /'sink 2' has 1 input, and an edge to its input 1/,
  })
})

t.test('a side output is an output of its own, and must exist', async t => {
  const split = functionT(2, [1], { kind: 'process', sideOutputs: { late: 'object' } })
  const taking = (tag: string) => functionT(3, [], { inputs: [edgeT(2, { tag })] })
  const p = plan([sourceT(1), split, taking('late'), sinkT(4, [2])])
  t.same(
    p.nodes[1]!.node.chained.map(c => [c.tag, c.node.name]),
    [
      ['late', 'function 3'],
      [null, 'sink 4'],
    ],
  )
  t.throws(() => plan([sourceT(1), split, taking('early')]), {
    code: 'GRAPH_INVALID',
    message: /'function 3' takes the side output 'early' of 'function 2', which does not have it/,
  })
  t.throws(() => plan([sourceT(1), split, taking('toString')]), { message: /which does not have it/ })
})

t.test('a kind that the engine does not have is refused with those that it has', async t => {
  t.throws(() => plan([sourceT(1), functionT(2, [1], { kind: 'window' })]), {
    code: 'GRAPH_INVALID',
    message: /'function 2' is of kind 'window'\. This engine has the kinds source, map, /,
  })
})
