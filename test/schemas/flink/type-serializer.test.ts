import assert from 'node:assert'

import { Instant, LocalDate, LocalTime } from '@js-joda/core'
import fc from 'fast-check'
import t from 'tap'

import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { typeInformationDecoder, typeInformationEncoder } from '../../../schemas/flink/type-serializer.ts'
import type { BasicTypeName, RowTypeSpec, TypeSpec } from '../../../core/foundation/type-spec.ts'
import { valueOf } from './plain-values.ts'
import { rows } from './types.ts'
import { vectorsOf } from './vectors.ts'

interface Vector {
  readonly type: TypeSpec
  readonly value: unknown
  readonly hex: string
  readonly zone?: string
  readonly kind?: string
  /** The same value has other bytes too, which are those that are written. */
  readonly alias?: boolean
}

const vectors = vectorsOf('binary.json') as readonly Vector[]
const basic = (type: BasicTypeName): TypeSpec => ({ type })
const row = (fields: Record<string, TypeSpec>): RowTypeSpec => ({
  type: 'ROW',
  names: Object.keys(fields),
  types: Object.values(fields),
})
const hexOf = (type: TypeSpec, value: unknown): string => typeInformationEncoder(type).encode(value).toString('hex')
const read = (type: TypeSpec, hex: string): unknown => typeInformationDecoder(type).decode(Buffer.from(hex, 'hex'))

const order = row({ id: basic('INT'), items: { type: 'LIST', element: row({ price: basic('BIG_DEC') }) } })

function inZone(zone: string, body: () => void): void {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  try {
    body()
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
}

t.test('every value is read from and written as the bytes of Flink', async t => {
  for (const { type, value: plain, hex, zone = 'UTC', kind = 'INSERT', alias = false } of vectors) {
    const says = `${JSON.stringify(type).slice(0, 200)} ${JSON.stringify(plain).slice(0, 60)} ${zone}`
    inZone(zone, () => {
      const value = valueOf(type, plain)
      t.strictSame(read(type, hex), value, says)
      if (kind === 'INSERT' && !alias) t.equal(hexOf(type, value), hex, says)
    })
  }
})

t.test('what was written is read again, whatever the row', async () => {
  fc.assert(
    fc.property(
      rows().chain(({ type, value }) => value.map(v => ({ type, v }))),
      ({ type, v }) => {
        assert.deepStrictEqual(typeInformationDecoder(type).decode(typeInformationEncoder(type).encode(v)), v)
      },
    ),
    { numRuns: 300 },
  )
})

t.test('a record that is cut off anywhere, or longer, is malformed', async t => {
  for (const { type, hex } of vectors.filter(v => v.hex.length < 200)) {
    const record = Buffer.from(hex, 'hex')
    const decoder = typeInformationDecoder(type)
    for (let end = 0; end < record.length; end++)
      t.throws(
        () => decoder.decode(record.subarray(0, end)),
        { code: 'RECORD_MALFORMED' },
        `${type.type} ${hex} ${end}`,
      )
    t.throws(() => decoder.decode(Buffer.concat([record, Buffer.of(0)])), {
      code: 'RECORD_MALFORMED',
      message: 'The record has 1 bytes after its value: it was written with another type.',
    })
  }
})

t.test('any bytes at all are read or malformed, and nothing is made room for that is not there', async t => {
  fc.assert(
    fc.property(rows(), fc.uint8Array({ maxLength: 60 }), ({ type }, bytes) => {
      try {
        typeInformationDecoder(type).decode(Buffer.from(bytes))
      } catch (error) {
        assert.equal((error as { code: string }).code, 'RECORD_MALFORMED')
      }
    }),
    { numRuns: 500 },
  )
  const huge = '7fffffff'
  for (const type of [
    { type: 'LIST', element: basic('STRING') },
    { type: 'PRIMITIVE_ARRAY', element: basic('BYTE') },
    { type: 'OBJECT_ARRAY', element: basic('INT') },
    { type: 'MAP', key: basic('STRING'), value: basic('INT') },
    basic('BIG_INT'),
  ] as const)
    t.throws(() => read(type, huge), { message: 'The record is truncated in its value.' })
  t.throws(() => read(basic('STRING'), 'ffffffff7f'), { message: 'The record is truncated in its value.' })
  t.throws(() => read(basic('STRING'), 'ffffffffffff'), { message: /more than 5 bytes/ })
  t.throws(() => read({ type: 'LIST', element: basic('INT') }, 'ffffffff'), { message: /negative length -1/ })
  t.throws(() => read(basic('BIG_INT'), '00000004ff'), { message: /number of 0 bytes/ })
  t.throws(() => read(basic('BIG_INT'), 'ffffffffff'), { message: /number of -5 bytes/ })
  t.throws(() => read(basic('LOCAL_DATE'), '000007e80d01'), {
    message: /an invalid date or time in its value/,
  })
  t.throws(() => read(basic('INSTANT'), '7fffffffffffffff00000000'), { code: 'RECORD_MALFORMED' })
})

t.test('a malformed field is named', async t => {
  t.throws(() => read(order, '0000000001000000010000000006'), {
    message: "The record is truncated in field 'items[].price'.",
  })
})

t.test('a value that does not fit is refused with the path to its field', async t => {
  const encoder = typeInformationEncoder(order)
  const refuses = (value: unknown, message: string | RegExp): void => {
    t.throws(() => encoder.encode(value), { code: 'VALUE_INVALID', message })
  }
  refuses({ id: 2 ** 31 }, "Field 'id' must be a whole number from -2147483648 to 2147483647 (INT), but is 2147483648.")
  refuses(
    { id: 'x'.repeat(100) },
    `Field 'id' must be a whole number from -2147483648 to 2147483647 (INT), but is '${'x'.repeat(60)}...'.`,
  )
  refuses({ id: 1.5 }, /but is 1.5/)
  refuses({ id: 1, items: [{ price: 'free' }] }, "Field 'items[].price' must be a Decimal (BIG_DEC), but is 'free'.")
  refuses({ id: 1, items: { price: 1 } }, /Field 'items' must be an array \(LIST\), but is an object/)
  refuses({ id: 1, item: [] }, "The row has no field 'item'. Its fields are: id, items.")
  refuses({ id: 1, items: [{ prise: 1 }] }, "The row in field 'items[]' has no field 'prise'. Its fields are: price.")
  refuses([1, []], 'The value must be an object by field name (ROW), but is an array.')
  refuses(null, /but is null/)
  t.ok(encoder.encode({ id: 1 }), 'what is missing is null')
})

t.test('each type takes what a program has of it, and nothing else', async t => {
  const fits: [TypeSpec, unknown, string][] = [
    [basic('LONG'), 5n, '0000000000000005'],
    [basic('INT'), 5n, '00000005'],
    [basic('BIG_INT'), 5, '0000000505'],
    [basic('BIG_DEC'), 1.5, '000000050f00000001'],
    [basic('BIG_DEC'), -2n, '00000005fe00000000'],
    [{ type: 'PRIMITIVE_ARRAY', element: basic('BYTE') }, new Uint8Array([1]), '0000000101'],
    [{ type: 'PRIMITIVE_ARRAY', element: basic('INT') }, new Int32Array([1]), '0000000100000001'],
    [{ type: 'MAP', key: basic('STRING'), value: basic('INT') }, new Map([['a', 1]]), '0000000102610000000001'],
    [{ type: 'MAP', key: basic('INT'), value: basic('INT') }, { 7: 1 }, '00000001000000070000000001'],
    [basic('SQL_TIME'), LocalTime.parse('00:00:00.007'), '0000000000000007'],
  ]
  inZone('UTC', () => {
    for (const [type, value, hex] of fits) t.equal(hexOf(type, value), hex)
    t.strictSame(read(basic('SQL_TIME'), '0000000000000007'), LocalTime.parse('00:00:00.007'))
  })
  const misfits: [TypeSpec, unknown][] = [
    [basic('STRING'), 1],
    [basic('CHAR'), 'ab'],
    [basic('BOOLEAN'), 1],
    [basic('BYTE'), 128],
    [basic('SHORT'), -32769],
    [basic('LONG'), 2 ** 53],
    [basic('LONG'), 2n ** 63n],
    [basic('LONG'), null],
    [basic('DOUBLE'), '1'],
    [basic('BIG_INT'), 1.5],
    [basic('BIG_DEC'), NaN],
    [basic('SQL_DATE'), new Date()],
    [basic('LOCAL_TIME'), LocalDate.EPOCH_0],
    [basic('INSTANT'), 1],
    [basic('LOCAL_DATE_TIME'), Instant.EPOCH],
    [basic('VOID'), 0],
    [{ type: 'PRIMITIVE_ARRAY', element: basic('BYTE') }, [1]],
    [{ type: 'PRIMITIVE_ARRAY', element: basic('INT') }, [null]],
    [{ type: 'MAP', key: basic('INT'), value: basic('INT') }, { x: 1 }],
    [{ type: 'MAP', key: basic('BOOLEAN'), value: basic('INT') }, { true: 1 }],
    [{ type: 'MAP', key: basic('STRING'), value: basic('INT') }, []],
    [{ type: 'TUPLE', types: [basic('INT')] }, []],
    [{ type: 'TUPLE', types: [basic('INT')] }, [null]],
  ]
  for (const [type, value] of misfits)
    t.throws(() => hexOf(type, value), { code: 'VALUE_INVALID' }, `${JSON.stringify(type)} ${String(value)}`)
})

t.test('a date beyond what can be held fails its record alone, and is never written as another', async t => {
  const never = ['3b9ac9ff0c1f', 'c46536010101'] // LocalDate.MAX and MIN of Java
  for (const hex of never)
    t.throws(() => read(basic('LOCAL_DATE'), hex), {
      code: 'RECORD_MALFORMED',
      message: /Years from -999999 to 999999 are supported/,
    })
  t.throws(() => read(basic('SQL_DATE'), '7fffffffffffffff'), { code: 'RECORD_MALFORMED' })
  t.throws(() => read(basic('SQL_TIME'), '8000000000000001'), { code: 'RECORD_MALFORMED' })
  t.throws(() => read(basic('SQL_TIMESTAMP'), '7fffffffffffffff00000000'), { code: 'RECORD_MALFORMED' })
  const far = LocalDate.of(300_000, 7, 4)
  t.throws(() => hexOf(row({ a: basic('SQL_DATE') }), { a: far }), {
    code: 'VALUE_INVALID',
    message: /Field 'a' is \+300000-07-04, which is out of range/,
  })
  t.throws(() => hexOf(basic('SQL_TIMESTAMP'), far.atStartOfDay()), { code: 'VALUE_INVALID' })
  t.throws(() => hexOf(basic('SQL_DATE'), LocalDate.of(-300_000, 7, 4)), { code: 'VALUE_INVALID' })
  t.throws(
    () => {
      inZone('America/New_York', () => hexOf(basic('SQL_TIMESTAMP'), LocalDate.of(275_760, 9, 13).atStartOfDay()))
    },
    { code: 'VALUE_INVALID' },
  )
})

t.test('arrays and tuples that Flink cannot make are refused when the schema is made', async t => {
  const refused: TypeSpec[] = [
    { type: 'PRIMITIVE_ARRAY', element: basic('STRING') },
    { type: 'BASIC_ARRAY', element: basic('BIG_DEC') },
    { type: 'TUPLE', types: Array.from({ length: 26 }, () => basic('INT')) },
  ]
  for (const type of refused)
    for (const make of [typeInformationDecoder, typeInformationEncoder])
      t.throws(() => make(row({ a: type })), {
        code: 'CONFIGURATION_INVALID',
        message: new RegExp(`${type.type} of field 'a'`),
      })
})

t.test("types that are not Flink's are refused when the schema is made", async t => {
  for (const type of ['ANY', 'UUID', 'TIMESTAMP_UTC'] as const) {
    t.throws(() => typeInformationDecoder(row({ a: basic(type) })), { code: 'CONFIGURATION_INVALID' })
    t.throws(() => typeInformationEncoder(row({ a: basic(type) })), { message: new RegExp(`${type} of field 'a'`) })
  }
})

t.test('names that every object has are fields like any other', async t => {
  const type = row({ constructor: basic('INT'), ['__proto__']: basic('INT') })
  t.equal(hexOf(type, {}), hexOf(type, { constructor: null }))
  const back = read(type, hexOf(type, JSON.parse('{"constructor":1,"__proto__":2}'))) as object
  t.strictSame(Object.entries(back), [
    ['constructor', 1],
    ['__proto__', 2],
  ])
  t.equal(Object.getPrototypeOf(back), Object.prototype)
  t.strictSame(read(basic('BIG_DEC'), '000000050000000003'), new Decimal(0n, 3))
})
