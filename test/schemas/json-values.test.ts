import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import t from 'tap'

import { Decimal } from '../../schemas/contracts/decimal.ts'
import { fromJson, valuesFromJson } from '../../schemas/json-values.ts'
import type { SchemaSpec } from '../../schemas/contracts/schema-spec.ts'
import { BYTES } from '../../core/foundation/type-spec.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

const LONG = { type: 'LONG' } as const
const STRING = { type: 'STRING' } as const

t.test('each type has its form', async t => {
  const forms: readonly (readonly [TypeSpec, unknown, unknown])[] = [
    [STRING, 'a', 'a'],
    [LONG, 5, 5],
    [LONG, '-9223372036854775808', -(2n ** 63n)],
    [{ type: 'BIG_INT' }, '123456789012345678901', 123456789012345678901n],
    [{ type: 'BIG_DEC' }, '1.50', new Decimal(150n, 2)],
    [{ type: 'BIG_DEC' }, 0.1, new Decimal(1n, 1)],
    [{ type: 'DOUBLE' }, 'NaN', NaN],
    [{ type: 'FLOAT' }, '-Infinity', -Infinity],
    [{ type: 'DOUBLE' }, 1.5, 1.5],
    [{ type: 'SQL_DATE' }, '1969-12-31', LocalDate.of(1969, 12, 31)],
    [{ type: 'LOCAL_TIME' }, '10:15:00.5', LocalTime.of(10, 15, 0, 500_000_000)],
    [{ type: 'LOCAL_DATE_TIME' }, '2026-11-24T10:15', LocalDateTime.of(2026, 11, 24, 10, 15)],
    [{ type: 'INSTANT' }, '1970-01-01T01:00:00+01:00', Instant.EPOCH],
    [{ type: 'TIMESTAMP_UTC' }, '1970-01-01T00:00:00.000001Z', Instant.ofEpochSecond(0, 1000)],
    [BYTES, 'AP8=', Buffer.of(0, 255)],
    [{ type: 'MAP', key: LONG, value: LONG }, [['1', '2']], new Map([[1n, 2n]])],
    [{ type: 'TUPLE', types: [STRING, LONG] }, ['a', '7'], ['a', 7n]],
    [
      { type: 'ROW', names: ['a', 'b'], types: [LONG, STRING] },
      { a: '7', c: 1 },
      { a: 7n, c: 1 },
    ],
    [{ type: 'RECORD', names: ['a'], types: [{ type: 'LIST', element: LONG }] }, { a: ['7', null] }, { a: [7n, null] }],
    [{ type: 'ANY' }, { a: ['7'] }, { a: ['7'] }],
  ]
  for (const [type, json, value] of forms) {
    t.same(fromJson(type)(json, 'v'), value, type.type)
    t.equal(fromJson(type)(null, 'v'), null, `${type.type} null`)
  }
})

t.test('text and whole numbers of a union stay what they are where a branch takes them', async t => {
  const union = fromJson({ type: 'UNION', types: [BYTES, STRING, { type: 'LOCAL_DATE' }, LONG] })
  t.same(
    ['2026-11-24', 'AP8=', 5].map(v => union(v, 'v')),
    ['2026-11-24', 'AP8=', 5],
  )
  const other = fromJson({ type: 'UNION', types: [{ type: 'LOCAL_DATE' }, LONG, { type: 'BOOLEAN' }] })
  t.same(
    ['2026-11-24', '7', 7, true, [1]].map(v => other(v, 'v')),
    [LocalDate.of(2026, 11, 24), 7n, 7, true, [1]],
  )
})

t.test('what has not the form is refused with its path', async t => {
  const refused = (type: TypeSpec, json: unknown, message: string): void => {
    t.throws(() => fromJson(type)(json, 'v'), { message }, JSON.stringify(json))
  }
  refused(LONG, 'a', "'v' must be a whole number, as text beyond 2^53 - 1")
  refused(LONG, 1.5, "'v' must be a whole number")
  refused({ type: 'BIG_DEC' }, true, "'v' must be a number, or a string of its digits")
  refused({ type: 'LOCAL_DATE' }, '2026-02-30', '\'v\' must be a date such as "2026-11-24"')
  refused({ type: 'INSTANT' }, '2026-11-24T10:15:00', "'v' must be a time such as")
  refused(BYTES, 'AP8', "'v' must be base64")
  refused({ type: 'LIST', element: LONG }, { 0: 1 }, "'v' must be an array")
  refused({ type: 'ROW', names: ['a'], types: [{ type: 'LIST', element: LONG }] }, { a: [1, 'x'] }, "'v.a[1]' must be")
  refused({ type: 'ROW', names: ['a'], types: [LONG] }, [1], "'v' must be an object by field name")
  refused({ type: 'MAP', key: LONG, value: LONG }, { 1: 2 }, "'v' must be an array of [key, value] pairs")
  refused({ type: 'MAP', key: STRING, value: LONG }, { a: 'b' }, "'v.a' must be a whole number")
})

t.test('a name may be any, also one that objects inherit', async t => {
  const type: TypeSpec = { type: 'MAP', key: STRING, value: LONG }
  const value = fromJson(type)(JSON.parse('{"__proto__": "5"}'), 'v') as object
  t.same(Object.entries(value), [['__proto__', 5n]])
  t.equal(Object.getPrototypeOf(value), Object.prototype)
})

t.test('the types are those of the schema', async t => {
  const read = async (schema: SchemaSpec, json: unknown): Promise<unknown> => (await valuesFromJson(schema))(json, 'v')
  const schema = '{"type":"record","name":"R","fields":[{"name":"d","type":{"type":"int","logicalType":"date"}}]}'
  const avro = { type: 'avro', schema, values: 'generic', convert: null } as const
  t.same(await read(avro, { d: '2026-11-24' }), { d: LocalDate.of(2026, 11, 24) })
  t.same(await read({ type: 'type-information', typeInfo: LONG }, '7'), 7n)
  t.same(await read({ type: 'byte-array' }, 'AP8='), Buffer.of(0, 255))
  await t.rejects(read({ type: 'simple-string', charset: 'UTF-8' }, 7), { message: "'v' must be a string" })
  const custom = { type: 'custom', schema: { type: 'module', url: 'a', export: 'b' } } as const
  t.same(await read(custom, { a: '7' }), { a: '7' })
})
