import t from 'tap'

import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { keyGroupOf } from '../../../../schemas/contracts/key-codec.ts'
import { operatorOf } from '../../fakes/operators.ts'
import { NotedOutput } from '../../fakes/outputs.ts'

const MAX_PARALLELISM = 8

/** The results for values that all have one key. */
async function aggregated(kind: string, position: string | number, values: readonly unknown[]): Promise<unknown[]> {
  const keyBy = await operatorOf('key_by', () => 'key')
  const keyed = new NotedOutput()
  await keyBy.open(keyed, keyed)
  await keyBy.process(RecordBatch.ofValues(values), 0)
  const batch = keyed.batches[0]!
  const keys = batch.keys!
  const groups = Uint16Array.from(values, (_, i) =>
    keyGroupOf(keys.bytes, keys.offset[i]!, keys.length[i]!, MAX_PARALLELISM),
  )
  const output = new NotedOutput()
  const operator = await operatorOf(kind, null, { function: null as never, position }, { keyed: true })
  await operator.open(output, output)
  await operator.process(batch.withKeys(keys.withGroups(groups)), 0)
  return output.values
}

// What PyFlink 2.3 gives for the tuples ('a', 3, 'x'), ('a', 1, 'y'), ('a', 3, 'z'), ('a', 2, 'w') and the field 1.
const TUPLES = [
  ['a', 3, 'x'],
  ['a', 1, 'y'],
  ['a', 3, 'z'],
  ['a', 2, 'w'],
]
const RESULTS: Readonly<Record<string, unknown[]>> = {
  sum: [
    ['a', 3, 'x'],
    ['a', 4, 'x'],
    ['a', 7, 'x'],
    ['a', 9, 'x'],
  ],
  min: [
    ['a', 3, 'x'],
    ['a', 1, 'x'],
    ['a', 1, 'x'],
    ['a', 1, 'x'],
  ],
  max: [
    ['a', 3, 'x'],
    ['a', 3, 'x'],
    ['a', 3, 'x'],
    ['a', 3, 'x'],
  ],
  min_by: [
    ['a', 3, 'x'],
    ['a', 1, 'y'],
    ['a', 1, 'y'],
    ['a', 1, 'y'],
  ],
  max_by: [
    ['a', 3, 'x'],
    ['a', 3, 'x'],
    ['a', 3, 'x'],
    ['a', 3, 'x'],
  ],
}

t.test('a field of lists is aggregated as PyFlink aggregates a field of tuples', async t => {
  for (const [kind, expected] of Object.entries(RESULTS)) t.same(await aggregated(kind, 1, TUPLES), expected, kind)
})

t.test('a field of objects is found by its name, and what was emitted does not change', async t => {
  const [first, second] = await aggregated('sum', 'n', [
    { id: 1, n: 2 },
    { id: 2, n: 5 },
  ])
  t.same(first, { id: 1, n: 2 })
  t.same(second, { id: 1, n: 7 })
  t.same(await aggregated('max_by', 'at', [{ at: 'a' }, { at: 'c', x: 1 }, { at: 'b' }]), [
    { at: 'a' },
    { at: 'c', x: 1 },
    { at: 'c', x: 1 },
  ])
})

t.test('a value without fields is its own field 0', async t => {
  t.same(await aggregated('sum', 0, [1, 2, 3]), [1, 3, 6])
  t.same(await aggregated('min', 0, [2n, 3n, 1n]), [2n, 2n, 1n])
  t.same(await aggregated('max_by', 0, ['b', 'a', 'c']), ['b', 'b', 'c'])
  await t.rejects(aggregated('sum', 1, [1, 2]), {
    code: 'FUNCTION_FAILED',
    message: /TypeError: The 1 field selected on a basic type\. A field expression/,
  })
})

t.test('a field that a value does not have is an error that names it', async t => {
  await t.rejects(aggregated('max', 'n', [{ n: 1 }, { m: 2 }]), { message: /The value has no field "n"/ })
  await t.rejects(aggregated('max', 'toString', [{ n: 1 }, { n: 2 }]), { message: /no field "toString"/ })
  await t.rejects(aggregated('sum', 2, [[1], [2]]), { message: /no field 2/ })
})
