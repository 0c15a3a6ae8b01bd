import t from 'tap'

import { operatorIds } from '../../../core/graph/operator-ids.ts'
import { operatorKinds } from '../../../core/runtime/operator-kinds.ts'
import { functionT, graphOf, sinkT, sourceT } from '../fakes/graphs.ts'

const idsOf = (...transformations: Parameters<typeof graphOf>[0]): string[] => [
  ...operatorIds(graphOf(transformations), operatorKinds).values(),
]

// Made by another program from the description: the first 32 hex digits of SHA-256 of a JSON array.
const GOLDEN = [
  '53aa8c22ad95d64be6e0fb2af98f2f8d',
  'a3d0577d32089d0094e4991176fdff00',
  '4c1217926adc4ae9fc08d91e9bb6e832',
  '56dcbdb4b840e1a2e34b7cb7665dcd8d',
  'f62bcd73a5c69db299f03bf4ef6306a4',
  'eb53914b91212372ec7f87824cc4824b',
]

t.test('generated ids are these: state of older checkpoints is found by them', async t => {
  t.same(
    idsOf(
      sourceT(1),
      functionT(2, [1]),
      functionT(3, [1]),
      functionT(4, [2], { kind: 'filter' }),
      sinkT(5, [4]),
      sinkT(6, [3], { sink: { type: 'print', identifier: null } }),
    ),
    GOLDEN,
  )
})

t.test('an id does not depend on names, numbers, parallelism or configuration', async t => {
  const plain = idsOf(sourceT(1), functionT(2, [1]), sinkT(3, [2]))
  const other = idsOf(
    sourceT(7, { name: 'other', parallelism: 9 }),
    functionT(8, [7], { name: 'x', function: { type: 'python', pickle: 'p', mode: 'thread' } }),
    sinkT(20, [8], { name: 'y' }),
  )
  t.same(plain, other)
})

t.test('operators of the same shape are told apart by their order', async t => {
  const ids = idsOf(sourceT(1), functionT(2, [1]), functionT(3, [1]), functionT(4, [1]))
  t.equal(new Set(ids).size, 4)
})

t.test('a uid is the id, where it can be part of a file name', async t => {
  const [safe, unsafe, long] = idsOf(
    sourceT(1, { uid: 'my-source_1' }),
    functionT(2, [1], { uid: '../über uid' }),
    sinkT(3, [2], { uid: 'x'.repeat(65) }),
  )
  t.equal(safe, 'my-source_1')
  t.match(unsafe, /^uid-[0-9a-f]{32}$/)
  t.match(long, /^uid-[0-9a-f]{32}$/)
})

t.test("an operator with a uid gives its inputs' users ids of their own", async t => {
  const [, a] = idsOf(sourceT(1, { uid: 'a' }), functionT(2, [1]))
  const [, b] = idsOf(sourceT(1, { uid: 'b' }), functionT(2, [1]))
  t.not(a, b)
})

t.test('two operators with the same uid are an error that names both', async t => {
  t.throws(() => idsOf(sourceT(1, { uid: 'same' }), functionT(2, [1], { uid: 'same' })), {
    code: 'GRAPH_INVALID',
    message: /'source 1' and 'function 2' have the same uid 'same'/,
  })
})

t.test('a reduce has the id of the process function that it was in older checkpoints', async t => {
  const after = (kind: string): string =>
    idsOf(sourceT(1), functionT(2, [1], { kind: 'key_by' }), functionT(3, [2], { kind }))[2]!
  t.equal(after('reduce'), after('process'))
  t.not(after('sum'), after('reduce'))
})
