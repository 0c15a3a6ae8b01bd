/** Types, and values of them, for properties that hold for all. */
import { LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import fc from 'fast-check'

import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { setField } from '../../../schemas/flink/row-object.ts'
import type { BasicTypeName, TypeSpec } from '../../../core/foundation/type-spec.ts'

const long = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map(v => (v >= BigInt(Number.MIN_SAFE_INTEGER) && v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v))
// After 1900, where the zone has a history.
const date = fc.integer({ min: -25_000, max: 60_000 }).map(day => LocalDate.ofEpochDay(day))
const time = fc.integer({ min: 0, max: 86_399 }).map(second => LocalTime.ofSecondOfDay(second))
const dateTime = fc
  .tuple(date, time, fc.integer({ min: 0, max: 999_999_999 }))
  .map(([day, at, nano]) => LocalDateTime.of(day, at).withNano(nano))

const BASIC: Partial<Record<BasicTypeName, fc.Arbitrary<unknown>>> = {
  STRING: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii', maxLength: 60 })),
  BOOLEAN: fc.boolean(),
  BYTE: fc.integer({ min: -128, max: 127 }),
  SHORT: fc.integer({ min: -32768, max: 32767 }),
  INT: fc.integer(),
  LONG: long,
  FLOAT: fc.float({ noNaN: true }),
  DOUBLE: fc.double({ noNaN: true }),
  BIG_INT: fc.bigInt(),
  BIG_DEC: fc.tuple(fc.bigInt(), fc.integer({ min: -20, max: 20 })).map(([v, scale]) => new Decimal(v, scale)),
  SQL_DATE: date,
  SQL_TIME: time,
  SQL_TIMESTAMP: dateTime,
  LOCAL_DATE: date,
  LOCAL_TIME: time,
  LOCAL_DATE_TIME: dateTime,
}

export interface TypeAndValue {
  readonly type: TypeSpec
  readonly value: fc.Arbitrary<unknown>
}

const basic = (names: readonly BasicTypeName[]): fc.Arbitrary<TypeAndValue> =>
  fc.constantFrom(...names).map(type => ({ type: { type }, value: BASIC[type]! }))

const BYTES: TypeAndValue = {
  type: { type: 'PRIMITIVE_ARRAY', element: { type: 'BYTE' } },
  value: fc.uint8Array().map(bytes => Buffer.from(bytes)),
}

const nullable = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.option(value, { nil: null })

function arrayOf(element: TypeAndValue): TypeAndValue {
  return {
    type: { type: 'OBJECT_ARRAY', element: element.type },
    value: fc.array(nullable(element.value), { maxLength: 5 }),
  }
}

function mapOf(item: TypeAndValue): TypeAndValue {
  return {
    type: { type: 'MAP', key: { type: 'STRING' }, value: item.type },
    value: fc.array(fc.tuple(fc.string(), nullable(item.value)), { maxLength: 4 }).map(objectOf),
  }
}

function rowOf(fields: readonly (readonly [string, TypeAndValue])[]): TypeAndValue {
  const names = fields.map(([name]) => name)
  return {
    type: { type: 'ROW', names, types: fields.map(([, field]) => field.type) },
    value: fc
      .tuple(...fields.map(([, field]) => nullable(field.value)))
      .map(values => objectOf(values.map((value, i) => [names[i]!, value]))),
  }
}

function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const object = {}
  for (const [name, value] of entries) setField(object, name, value)
  return object
}

const name = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', '1', ''), fc.string({ maxLength: 6 }))

/** A row of any fields, nested a few levels. */
export function rows(
  basics: readonly BasicTypeName[] = Object.keys(BASIC) as BasicTypeName[],
): fc.Arbitrary<TypeAndValue> {
  const { row } = fc.letrec<{ row: TypeAndValue; any: TypeAndValue }>(tie => ({
    row: fc
      .uniqueArray(fc.tuple(name, tie('any')), { selector: ([field]) => field, maxLength: 12 })
      .map(fields => rowOf(fields)),
    any: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      basic(basics),
      fc.constant(BYTES),
      tie('any').map(arrayOf),
      tie('any').map(mapOf),
      tie('row'),
    ),
  }))
  return row
}
