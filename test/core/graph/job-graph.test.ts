import t from 'tap'

import { checkJobGraph as checkWith } from '../../../core/graph/job-graph.ts'
import { operatorKinds } from '../../../core/runtime/operator-kinds.ts'
import {
  collectionT,
  functionT,
  graphOf,
  kinesisSinkSpec,
  kinesisSourceSpec,
  pythonT,
  sinkT,
  sourceT,
  strategyOf,
  watermarksT,
} from '../fakes/graphs.ts'

const checkJobGraph = (graph: unknown): void => checkWith(graph, operatorKinds.all)

const everything = () =>
  JSON.parse(
    JSON.stringify(
      graphOf([
        sourceT(1, { source: kinesisSourceSpec({ configuration: { 'aws.region': 'x' } }) }),
        collectionT(2, 'a'),
        functionT(3, [1], {
          function: { type: 'module', url: 'file:///f.mjs', export: 'f' },
          partitioning: 'rebalance',
        }),
        pythonT(4, [3]),
        sinkT(5, [4], { sink: kinesisSinkSpec() }),
        sinkT(6, [2], { sink: { type: 'print', identifier: null } }),
        sinkT(7, [2]),
        watermarksT(8, [1], {
          watermarkStrategy: strategyOf({
            timestampAssigner: { type: 'module', url: 'u', export: 'e' },
            alignment: { group: 'g', maxDriftMs: 1, updateIntervalMs: 2 },
          }),
        }),
      ]),
    ),
  ) as Record<string, unknown>

/** Every object of a document, with its path as messages give it. */
function* objects(value: unknown, path = ''): Iterable<readonly [Record<string, unknown>, string]> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* objects(item, `${path}[${i}]`)
  else if (typeof value === 'object' && value !== null) {
    yield [value as Record<string, unknown>, path]
    for (const [key, child] of Object.entries(value)) yield* objects(child, path === '' ? key : `${path}.${key}`)
  }
}

t.test('a whole graph is fine', async t => {
  checkJobGraph(everything())
  t.pass('accepted')
})

t.test('every missing key is named', async t => {
  const paths = [...objects(everything())].flatMap(([o, path]) =>
    path.endsWith('configuration') ? [] : Object.keys(o).map(key => [path, key] as const),
  )
  t.ok(paths.length > 80)
  for (const [path, key] of paths) {
    const graph = everything()
    const [owner] = [...objects(graph)].find(([, p]) => p === path)!
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete owner[key]
    const full = path === '' ? key : `${path}.${key}`
    t.throws(() => checkJobGraph(graph), {
      code: 'GRAPH_INVALID',
      message: new RegExp(`${escaped(full)} is missing; it must be`),
    })
  }
})

t.test('every value of a wrong kind is named', async t => {
  const wrong = { some: 'object' }
  for (const [owner, path] of objects(everything()))
    for (const key of Object.keys(owner)) {
      const graph = everything()
      const [same] = [...objects(graph)].find(([, p]) => p === path)!
      if (key === 'configuration') continue
      same[key] = Array.isArray(same[key]) || (typeof same[key] === 'object' && same[key] !== null) ? 17 : wrong
      t.throws(() => checkJobGraph(graph), {
        code: 'GRAPH_INVALID',
        message: /is (17|an object|missing); it must be/,
      })
    }
})

t.test('a row has a type for each name', async t => {
  const withTypes = (typeInfo: unknown): unknown =>
    graphOf([
      sourceT(1, {
        source: kinesisSourceSpec({
          deserializationSchema: {
            type: 'json-row',
            typeInfo,
            failOnMissingField: false,
            ignoreParseErrors: false,
          } as never,
        }),
      }),
      sinkT(2, [1]),
    ])
  const inner = { type: 'ROW', names: ['x'], types: [] }
  for (const [typeInfo, where] of [
    [
      { type: 'ROW', names: ['a', 'b'], types: [{ type: 'INT' }] },
      /typeInfo\.names is \["a","b"\]; .* types, which has 1/,
    ],
    [{ type: 'ROW', names: ['a'], types: [inner] }, /typeInfo\.types\[0\]\.names is \["x"\]; .* types, which has 0/],
  ] as const)
    t.throws(() => checkJobGraph(withTypes(typeInfo)), { code: 'GRAPH_INVALID', message: where })
  checkJobGraph(withTypes({ type: 'ROW', names: ['a'], types: [{ type: 'TUPLE', types: [{ type: 'INT' }] }] }))
})

t.test('configuration is text by text, and its values are not shown', async t => {
  t.throws(() => checkJobGraph({ ...everything(), configuration: { 'parallelism.default': 3 } }), {
    message: /configuration\['parallelism.default'\] is a number; it must be a string/,
  })
})

t.test('anything that is no graph at all', async t => {
  for (const nothing of [null, undefined, 17, 'graph', []])
    t.throws(() => checkJobGraph(nothing), { code: 'GRAPH_INVALID' })
  t.throws(() => checkJobGraph({ ...everything(), version: 1 }), { message: /version 2, not 1/ })
  t.throws(() => checkJobGraph({}), { message: /version is missing/ })
})

const escaped = (text: string): string => text.replace(/[.[\]]/g, c => `\\${c}`)
