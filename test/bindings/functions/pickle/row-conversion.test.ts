import t from 'tap'

import { rowConverter } from '../../../../bindings/functions/pickle/row-conversion.ts'
import type { TypeSpec } from '../../../../core/foundation/type-spec.ts'

const INT = { type: 'INT' } as const
const STRING = { type: 'STRING' } as const
const ROW: TypeSpec = { type: 'ROW', names: ['a', '__proto__'], types: [INT, INT] }
const converted = (type: TypeSpec, value: unknown): unknown => rowConverter(type)!(value)
const row = JSON.parse('{"a":1,"__proto__":2}') as unknown

t.test('a type without rows needs no conversion', async t => {
  for (const type of [
    INT,
    { type: 'LIST', element: INT },
    { type: 'TUPLE', types: [INT, STRING] },
    { type: 'MAP', key: STRING, value: INT },
  ] satisfies TypeSpec[])
    t.equal(rowConverter(type), null)
})

t.test('a tuple becomes an object wherever the type has a row', async t => {
  t.strictSame(converted(ROW, [1, 2]), row)
  t.strictSame(converted({ type: 'LIST', element: ROW }, [[1, 2], null]), [row, null])
  t.strictSame(converted({ type: 'TUPLE', types: [INT, ROW] }, [5, [1, 2]]), [5, row])
  t.strictSame(converted({ type: 'ROW', names: ['r'], types: [ROW] }, [[1, 2]]), { r: row })
  t.strictSame(converted({ type: 'MAP', key: STRING, value: ROW }, { k: [1, 2] }), { k: row })
  t.strictSame(converted({ type: 'MAP', key: INT, value: ROW }, new Map([[1, [1, 2]]])), new Map([[1, row]]))
  t.equal(converted(ROW, null), null)
})

t.test('a converter is made once for a type', async t => {
  t.equal(rowConverter(ROW), rowConverter(ROW))
})
