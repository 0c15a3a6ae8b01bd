import { Instant } from '@js-joda/core'
import t from 'tap'

import { PickleOutput } from '../../../../bindings/functions/pickle/pickle-output.ts'
import { writerOf } from '../../../../bindings/functions/pickle/type-writers.ts'
import { runPickle } from '../../../../bindings/functions/pickle/pickle-operations.ts'
import type { TypeSpec } from '../../../../core/foundation/type-spec.ts'

const INT = { type: 'INT' } as const
const DOUBLE = { type: 'DOUBLE' } as const
const STRING = { type: 'STRING' } as const
const VOID = { type: 'VOID' } as const
const UUID = '00000000-0000-0000-0000-00000000000f'

const written = (type: TypeSpec, value: unknown): Buffer => {
  const out = new PickleOutput(16)
  writerOf(type)(value, out)
  return out.bytes()
}
const first = (type: TypeSpec, value: unknown): number => written(type, value)[0]!
const readBack = (type: TypeSpec, value: unknown): unknown =>
  runPickle(Buffer.concat([written(type, value), Buffer.of(0x2e)]))

t.test('a whole number is an int or a float, as its type says', async t => {
  t.equal(first(INT, 1), 0x4b)
  t.equal(first(DOUBLE, 1), 0x47)
  t.equal(first({ type: 'UNION', types: [STRING, DOUBLE] }, 1), 0x47)
  t.equal(first({ type: 'UNION', types: [INT, DOUBLE, STRING] }, 1), 0x4b)
  t.equal(first({ type: 'UNION', types: [VOID, DOUBLE] }, 1), 0x47)
})

t.test('a value that is not of its type is written as what it is', async t => {
  t.equal(readBack(INT, 'a'), 'a')
  t.equal(readBack(STRING, 1), 1)
  t.equal(readBack(DOUBLE, null), null)
})

t.test('records, rows, tuples, lists and maps have the form of their type', async t => {
  const fields = { names: ['a', 'b'], types: [INT, STRING] }
  t.same(readBack({ type: 'RECORD', ...fields }, { b: 'x', a: 1 }), { a: 1, b: 'x' })
  t.same(readBack({ type: 'ROW', ...fields }, { b: 'x', a: 1 }), [1, 'x'])
  t.same(readBack({ type: 'TUPLE', types: [INT, STRING] }, [1, 'x']), [1, 'x'])
  t.same(readBack({ type: 'LIST', element: STRING }, ['x', null]), ['x', null])
  t.same(readBack({ type: 'MAP', key: STRING, value: INT }, { x: 1 }), { x: 1 })
  for (const type of ['RECORD', 'ROW'] as const) t.equal(readBack({ type, ...fields }, null), null)
})

t.test('a union writes an object, an array, a text and an instant as its only type of that kind', async t => {
  const types: TypeSpec[] = [
    { type: 'RECORD', names: ['d'], types: [DOUBLE] },
    { type: 'LIST', element: DOUBLE },
    { type: 'TIMESTAMP_UTC' },
  ]
  const union: TypeSpec = { type: 'UNION', types }
  t.same(written(union, { d: 1 }), written(types[0]!, { d: 1 }))
  t.same(written(union, [1]), written(types[1]!, [1]))
  const instant = Instant.ofEpochSecond(1)
  t.same(written(union, instant), written(types[2]!, instant))
  t.same(written({ type: 'UNION', types: [{ type: 'UUID' }, INT] }, UUID), written({ type: 'UUID' }, UUID))
  t.same(written({ type: 'UNION', types: [{ type: 'UUID' }, STRING] }, UUID), written(STRING, UUID))
})
