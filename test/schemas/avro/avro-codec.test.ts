import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import avsc from 'avsc'
import fc from 'fast-check'
import t from 'tap'

import { avroDecoder, avroEncoder, avroSchemaDecoder, avroSchemaEncoder } from '../../../schemas/avro/avro-codec.ts'
import { MAX_EMPTY_ITEMS, MAX_NESTING } from '../../../schemas/avro/avro-input.ts'
import { avroType } from '../../../schemas/avro/avro-type.ts'
import { typeOf } from '../../../schemas/avro/avro-type-spec.ts'
import { Decimal } from '../../../schemas/contracts/decimal.ts'
import type { AvroSchemaSpec } from '../../../schemas/contracts/schema-spec.ts'

const logical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more })
const record = (name: string, fields: Readonly<Record<string, unknown>>, more = {}) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
  ...more,
})
const codec = (schema: unknown, reader = schema) => {
  const type = avroType(JSON.stringify(schema))
  const decoder = avroDecoder({ reader: avroType(JSON.stringify(reader)), writer: type })
  const encoder = avroEncoder(type)
  return {
    decode: (...bytes: number[]) => decoder.decode(Buffer.from(bytes)),
    encode: (value: unknown) => encoder.encode(value),
    again: (value: unknown) => decoder.decode(encoder.encode(value)),
    type: decoder.type,
  }
}
const spec = (schema: unknown, values: AvroSchemaSpec['values']): AvroSchemaSpec => ({
  type: 'avro',
  schema: JSON.stringify(schema),
  values,
  convert: null,
})

const bigints = (_key: string, v: unknown): unknown => (typeof v === 'bigint' ? String(v) : v)

const everything = record('com.acme.All', {
  decimal: logical('bytes', 'decimal', { precision: 8, scale: 2 }),
  fixedDecimal: { type: 'fixed', name: 'D4', size: 4, logicalType: 'decimal', precision: 9, scale: 3 },
  date: logical('int', 'date'),
  timeMillis: logical('int', 'time-millis'),
  timeMicros: logical('long', 'time-micros'),
  millis: logical('long', 'timestamp-millis'),
  micros: logical('long', 'timestamp-micros'),
  localMillis: logical('long', 'local-timestamp-millis'),
  localMicros: logical('long', 'local-timestamp-micros'),
  uuid: logical('string', 'uuid'),
  long: 'long',
  bytes: 'bytes',
  kind: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] },
  tags: { type: 'map', values: ['null', 'string'] },
  list: { type: 'array', items: logical('int', 'date') },
  inner: record('Inner', { any: ['null', 'long', 'string'] }),
})
const value = {
  decimal: Decimal.parse('-123.45'),
  fixedDecimal: Decimal.parse('1.500'),
  date: LocalDate.parse('2024-02-29'),
  timeMillis: LocalTime.parse('23:59:59.999'),
  timeMicros: LocalTime.parse('00:00:00.000001'),
  millis: new Date('2024-02-29T12:00:00.001Z'),
  micros: Instant.parse('1969-12-31T23:59:59.999999Z'),
  localMillis: LocalDateTime.parse('2024-02-29T12:00:00.001'),
  localMicros: LocalDateTime.parse('1900-01-01T00:00:00.000001'),
  uuid: '123e4567-e89b-12d3-a456-426614174000',
  long: 9_007_199_254_740_993n,
  bytes: Buffer.from([0, 255]),
  kind: 'B',
  tags: { a: 'x', ['__proto__']: null },
  list: [LocalDate.parse('1970-01-01')],
  inner: { any: 'text' },
}

t.test('every logical type is what its table says, both ways', t => {
  const { again, type } = codec(everything)
  const read = again(value) as Record<string, unknown>
  for (const [name, expected] of Object.entries(value)) {
    if (typeof expected === 'object' && 'equals' in expected && !Buffer.isBuffer(expected))
      t.ok(expected.equals(read[name]), name)
    else t.strictSame(read[name], expected, name)
  }
  t.equal(Object.getPrototypeOf(read), Object.prototype)
  t.same(Object.keys(read['tags'] as object), ['a', '__proto__'])
  t.strictSame(type, {
    type: 'RECORD',
    names: Object.keys(value),
    types: [
      { type: 'BIG_DEC' },
      { type: 'BIG_DEC' },
      { type: 'LOCAL_DATE' },
      { type: 'LOCAL_TIME' },
      { type: 'LOCAL_TIME' },
      { type: 'TIMESTAMP_UTC' },
      { type: 'TIMESTAMP_UTC' },
      { type: 'LOCAL_DATE_TIME' },
      { type: 'LOCAL_DATE_TIME' },
      { type: 'UUID' },
      { type: 'LONG' },
      { type: 'PRIMITIVE_ARRAY', element: { type: 'BYTE' } },
      { type: 'STRING' },
      { type: 'MAP', key: { type: 'STRING' }, value: { type: 'STRING' } },
      { type: 'LIST', element: { type: 'LOCAL_DATE' } },
      { type: 'RECORD', names: ['any'], types: [{ type: 'UNION', types: [{ type: 'LONG' }, { type: 'STRING' }] }] },
    ],
  })
  t.end()
})

t.test("rows are Flink's: its types, and its times", t => {
  const decoder = avroSchemaDecoder(spec(everything, 'row'))
  const row = decoder.decode(avroSchemaEncoder(spec(everything, 'generic')).encode(value)) as Record<string, unknown>
  t.equal(String(row['timeMicros']), '00:00')
  t.equal(String(row['millis']), '2024-02-29T12:00:00.001')
  t.equal(String(row['micros']), '1969-12-31T23:59:59.999999')
  t.equal(row['localMillis'], Date.parse('2024-02-29T12:00:00.001Z'))
  t.match(decoder.type, {
    type: 'ROW',
    types: [
      { type: 'BIG_DEC' },
      { type: 'BIG_DEC' },
      { type: 'SQL_DATE' },
      { type: 'SQL_TIME' },
      { type: 'SQL_TIME' },
      { type: 'SQL_TIMESTAMP' },
      { type: 'SQL_TIMESTAMP' },
      { type: 'LONG' },
      { type: 'LONG' },
      { type: 'STRING' },
      { type: 'LONG' },
      { type: 'PRIMITIVE_ARRAY' },
      { type: 'STRING' },
      { type: 'MAP' },
      { type: 'OBJECT_ARRAY', element: { type: 'SQL_DATE' } },
      { type: 'ROW', types: [{ type: 'ANY' }] },
    ],
  })
  const again = decoder.decode(avroSchemaEncoder(spec(everything, 'row')).encode(row))
  t.equal(JSON.stringify(again, bigints), JSON.stringify(row, bigints))
  t.match(typeOf(avroType('{"type":"array","items":"string"}'), 'row'), { type: 'BASIC_ARRAY' })
  for (const make of [avroSchemaDecoder, avroSchemaEncoder])
    t.throws(() => make(spec('int', 'row')), { code: 'CONFIGURATION_INVALID', message: /rows is a record, .* int/ })
  t.end()
})

t.test('what is finer than its type is left out, and decimals are never rounded', t => {
  const { again } = codec(record('R', { t: logical('long', 'timestamp-millis'), l: logical('int', 'time-millis') }))
  t.strictSame(
    JSON.stringify(again({ t: Instant.parse('1969-12-31T23:59:59.9999Z'), l: LocalTime.parse('10:00:00.0009') })),
    '{"t":"1969-12-31T23:59:59.999Z","l":"10:00"}',
  )
  const decimal = codec(logical('bytes', 'decimal', { precision: 4, scale: 2 }))
  t.equal(String(decimal.again(Decimal.parse('1.5'))), '1.50')
  for (const text of ['1.234', '100', '-100.00'])
    t.throws(() => decimal.encode(Decimal.parse(text)), {
      code: 'VALUE_INVALID',
      message: `${text} is not a Decimal of up to 4 digits, 2 of them behind the point`,
    })
  const micros = codec(logical('long', 'timestamp-micros'))
  t.equal(String(micros.again(new Date(-1))), '1969-12-31T23:59:59.999Z')
  t.equal(String(micros.again(Instant.parse('+100000-01-01T00:00:00.000001Z'))), '+100000-01-01T00:00:00.000001Z')
  t.end()
})

t.test('a value that is none of the type is an error with the way to it', t => {
  const { encode } = codec(
    record('Flight', {
      id: 'string',
      seats: ['null', 'int'],
      legs: { type: 'array', items: record('Leg', { miles: 'long', on: logical('int', 'date') }) },
      tags: { type: 'map', values: 'double' },
      kind: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] },
      hash: { type: 'fixed', name: 'Hash', size: 2 },
    }),
  )
  const good = {
    id: 'x',
    seats: 3,
    legs: [{ miles: 1, on: LocalDate.EPOCH_0 }],
    tags: { a: 1 },
    kind: 'A',
    hash: Buffer.alloc(2),
  }
  t.doesNotThrow(() => encode({ ...good, seats: undefined, more: 'is left out' }))
  const loop: Record<string, unknown> = { ...good }
  for (const [wrong, message] of [
    [null, /Flight in Avro: null is not an object with the fields of Flight/],
    [[], /an array of 0 is not an object/],
    [{}, /id is missing, and has no default/],
    [{ ...good, id: 7 }, /id: 7 is not string/],
    [{ ...good, seats: 2 ** 31 }, /seats: 2147483648 is not a whole number of 32 bits/],
    [{ ...good, seats: 'a' }, /seats: 'a' is not union of null, int/],
    [{ ...good, legs: [good.legs[0], { miles: 1.5, on: LocalDate.EPOCH_0 }] }, /legs\[1\]\.miles: 1\.5 is not a whole/],
    [{ ...good, legs: [{ miles: 2n ** 63n, on: LocalDate.EPOCH_0 }] }, /legs\[0\]\.miles: 9223372036854775808 is/],
    [{ ...good, legs: [{ miles: 1, on: 5 }] }, /legs\[0\]\.on: 5 is not a LocalDate/],
    [{ ...good, legs: {} }, /legs: an object is not array/],
    [{ ...good, tags: { a: '1' } }, /tags\["a"\]: '1' is not double/],
    [{ ...good, tags: new Map([[1, 1]]) }, /tags\[1\]: a key must be a text/],
    [{ ...good, kind: 'C' }, /kind: 'C' is not a symbol of Kind: A, B/],
    [{ ...good, hash: Buffer.alloc(3) }, /hash: a Buffer of 3 bytes is not 2 bytes, as Hash has/],
  ] as const)
    t.throws(() => encode(wrong), { code: 'VALUE_INVALID', message })
  const list = codec(record('Loop', { next: ['null', 'Loop'] }))
  loop['next'] = loop
  t.throws(() => list.encode(loop), { code: 'VALUE_INVALID', message: /nested too deeply, or holds itself/ })
  t.equal(encode(good)[0], 2, 'the encoder goes on')
  t.end()
})

t.test('a union takes a value by the first branch that holds it, a number by one that holds it exactly', t => {
  const branch = (schema: unknown, v: unknown): number => codec(schema).encode(v)[0]! / 2
  const numbers = ['null', 'float', 'int', 'long', 'double']
  t.same(
    [null, 1.5, 0.1, 2 ** 40, 9007199254740993n].map(v => branch(numbers, v)),
    [0, 1, 4, 1, 3],
  )
  t.equal(branch(['int', 'float'], 0.1), 1, 'inexact, where there is no other')
  t.equal(branch([{ type: 'enum', name: 'E', symbols: ['A'] }, 'string'], 'B'), 1)
  t.equal(branch(['bytes', { type: 'fixed', name: 'F', size: 1 }], Buffer.alloc(1)), 0)
  const records = [record('A', { a: 'int' }), record('B', { a: 'int', b: 'int' }), { type: 'map', values: 'int' }]
  t.same(
    [{ a: 1 }, { a: 1, b: 2 }, { c: 1 }].map(v => branch(records, v)),
    [0, 1, 2],
  )
  t.equal(branch(['string', logical('long', 'timestamp-millis')], new Date()), 1)
  t.throws(() => branch(['string', 'int'], true), {
    code: 'VALUE_INVALID',
    message: /true is not union of string, int/,
  })
  t.end()
})

t.test('names that JavaScript knows otherwise are names', t => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'i', 'k0', 'class']
  const schema = { type: 'record', name: 'R', fields: names.map(name => ({ name, type: ['null', 'int'] })) }
  const { again } = codec(schema)
  const own = Object.fromEntries(names.map((name, i) => [name, i]))
  t.strictSame(Object.entries(again(own) as object), Object.entries(own))
  t.strictSame(Object.values(again({}) as object), [null, null, null, null, null, null, null])
  t.end()
})

t.test('defaults are values of their own, and fill in what is not given', t => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'list', type: { type: 'array', items: 'int' }, default: [1] },
      { name: 'big', type: 'long', default: 5 },
    ],
  }
  const { decode, again } = codec(record('R', {}), schema)
  const [a, b] = [decode(), decode()] as [{ list: number[] }, { list: number[] }]
  t.strictSame(a, { list: [1], big: 5 })
  a.list.push(2)
  t.strictSame(b.list, [1])
  t.strictSame(again({}), { list: [1], big: 5 })
  t.strictSame(codec(schema).again({}), { list: [1], big: 5 })
  t.end()
})

t.test('bytes that no value has are an error, and never a large allocation or a long wait', t => {
  const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
  const nul = { type: 'array', items: 'null' }
  for (const [schema, bytes, message] of [
    ['string', [], /the record ends too soon/],
    ['string', [6, 97], /a string is said to have 3 bytes, and 1 are left/],
    ['string', [1], /a string is said to have -1 bytes/],
    ['bytes', huge, /is said to have 9223372036854775807 bytes/],
    ['string', [2, 97, 98], /1 of its 3 bytes are left behind its end/],
    ['boolean', [2], /a boolean is 2/],
    ['boolean', [], /too soon/],
    ['int', [0xfe, 0xff, 0xff, 0xff, 0x1f], /4294967295 is no int/],
    ['int', [0x80], /too soon/],
    ['long', [0x80, 0x80, 0x80, 0x80, 0x80], /too soon/],
    ['long', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], /longer than a long/],
    ['long', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], /longer than a long/],
    ['float', [0, 0, 0], /too soon/],
    ['double', [0], /too soon/],
    [{ type: 'fixed', name: 'F', size: 3 }, [1, 2], /too soon/],
    [{ type: 'fixed', name: 'F', size: 2 ** 31 }, [1, 2], /too soon/],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, [2], /an enum has 1 branch, and this is number 1/],
    [['null', 'int'], [4], /a union has 2 branches, and this is number 2/],
    [['null', 'int'], [1], /this is number -1/],
    [{ type: 'array', items: 'int' }, huge, /a block has 9223372036854775807 items/],
    [{ type: 'array', items: 'int' }, [2, 2], /too soon/],
    [{ type: 'array', items: 'int' }, [1, 2, 2, 4, 0], /a block has 2 items, and 1 bytes are left/],
    [{ type: 'array', items: 'int' }, [1, 0xfe, 0x01], /a block is said to have 127 bytes/],
    [{ type: 'map', values: 'null' }, huge, /a block has/],
    [nul, huge, /more than 100000 items/],
    [{ type: 'array', items: record('Empty', {}) }, huge, /more than 100000 items/],
    [logical('int', 'time-millis'), [1], /-1 is no time of a day/],
    [logical('int', 'date'), [0xfe, 0xff, 0xff, 0xff, 0x0f], /days are beyond what a date holds/],
    // 364522972 and -365961663, a day beyond the first and the last.
    [logical('int', 'date'), [0xb8, 0xb7, 0xd1, 0xdb, 0x02], /364522972 days are beyond what a date holds/],
    [logical('int', 'date'), [0xfd, 0x86, 0x81, 0xdd, 0x02], /-365961663 days are beyond what a date holds/],
    [logical('long', 'timestamp-millis'), huge, /beyond what a Date holds/],
    [logical('long', 'local-timestamp-millis'), huge, /beyond what a LocalDateTime holds/],
    [logical('string', 'uuid'), [2, 97], /'a' is no UUID/],
    [record('Loop', { next: 'Loop' }), [], /nested more than 500 times/],
  ] as const)
    t.throws(() => codec(schema).decode(...bytes), { code: 'RECORD_MALFORMED', message }, JSON.stringify(schema))
  const many = Buffer.concat([avroEncoder(avroType('"long"')).encode(MAX_EMPTY_ITEMS), Buffer.from([2, 0])])
  t.throws(() => codec(nul).decode(...many), { message: /more than 100000/ }, 'block by block, too')
  t.equal((codec(nul).decode(...many.subarray(0, -2), 0) as unknown[]).length, MAX_EMPTY_ITEMS)
  t.end()
})

t.test('blocks that tell their size are read, and skipped at once', t => {
  const array = { type: 'array', items: 'int' }
  t.strictSame(codec(array).decode(3, 4, 2, 4, 2, 6, 0), [1, 2, 3])
  const schema = record('R', { skipped: array, map: { type: 'map', values: 'int' }, last: 'int' })
  const bytes = [3, 4, 2, 4, 2, 6, 0, 1, 6, 2, 97, 2, 0, 10]
  t.strictSame(codec(schema).decode(...bytes), { skipped: [1, 2, 3], map: { a: 1 }, last: 5 })
  t.strictSame(codec(schema, record('R', { last: 'int' })).decode(...bytes), { last: 5 })
  t.throws(() => codec(array).decode(3, 6, 2, 4, 0), { message: /a block ends 1 bytes from where it says|left/ })
  t.end()
})

t.test('what was read does not change with the bytes that it was read from', t => {
  const bytes = Buffer.from([4, 1, 2])
  const decoded = avroDecoder({ reader: avroType('"bytes"'), writer: avroType('"bytes"') }).decode(bytes)
  bytes.fill(0)
  t.strictSame(decoded, Buffer.from([1, 2]))
  t.end()
})

t.test('an int that is more than any number can hold is an error of the record', async t => {
  const { decode } = codec('int')
  t.throws(() => decode(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), {
    code: 'RECORD_MALFORMED',
    message: /is no int/,
  })
})

t.test('any value is written as avsc writes it, and read back; any bytes are a value or an error', t => {
  const schema = record('R', {
    i: 'int',
    l: 'long',
    f: 'float',
    d: 'double',
    s: 'string',
    b: 'bytes',
    o: ['null', 'boolean'],
    a: { type: 'array', items: ['null', 'string'] },
    m: { type: 'map', values: 'double' },
  })
  const other = avsc.Type.forSchema(schema as avsc.Schema)
  const { encode, again, decode } = codec(schema)
  const wellFormed = fc.string({ unit: 'grapheme' })
  const members = {
    i: fc.integer(),
    // Beyond it avsc loses a bit.
    l: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
    f: fc.float({ noNaN: true }),
    d: fc.double({ noNaN: true }),
    s: wellFormed,
    b: fc.uint8Array().map(bytes => Buffer.from(bytes)),
    o: fc.option(fc.boolean()),
    a: fc.array(fc.option(wellFormed)),
    m: fc.dictionary(wellFormed, fc.double({ noNaN: true }), { noNullPrototype: true }),
  }
  const values = fc.record(members, { noNullPrototype: true })
  fc.assert(
    fc.property(values, any => {
      t.ok(encode(any).equals(other.toBuffer(any)))
      t.strictSame(again(any), any)
    }),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(values, fc.nat(), fc.integer({ min: 0, max: 255 }), (any, at, byte) => {
      const bytes = encode(any)
      bytes[at % bytes.length] = byte
      try {
        decode(...bytes)
      } catch (error) {
        t.match(error, { code: 'RECORD_MALFORMED' })
      }
    }),
    { numRuns: 1000 },
  )
  const longs = codec('long')
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), n => {
      t.equal(BigInt(longs.again(n) as number | bigint), n)
    }),
  )
  t.end()
})

t.test('a decimal whose digits would fill the memory is no value of a type that holds ten', async t => {
  const { encode } = codec({ type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 })
  for (const text of ['1e2000000000', '1e-2000000000', '-1e300000000', '1e8', '0.001'])
    t.throws(() => encode(Decimal.parse(text)), { code: 'VALUE_INVALID' }, text)
  t.ok(encode(Decimal.parse('0e2000000000')).equals(encode(Decimal.parse('0.00'))))
  t.ok(encode(Decimal.parse('9.999999999e7')))
})

t.test('an object whose content is no members is no record, even of one that may be empty', t => {
  const optional = record('Optional', { a: ['null', 'string'], b: ['int', 'null'] })
  for (const value of [new Map([['a', 'x']]), new Set(['a']), new Date(0), Buffer.from('a'), new Float64Array(2)]) {
    t.throws(() => codec(optional).encode(value), {
      code: 'VALUE_INVALID',
      message: /is not an object with the fields/,
    })
    t.throws(() => codec(['null', 'int', optional]).encode(value), { code: 'VALUE_INVALID' })
  }
  const either = codec(['null', optional, { type: 'map', values: 'string' }])
  t.strictSame(either.again(new Map([['a', 'x']])), { a: 'x' }, 'a map takes it')
  t.ok(
    codec(optional)
      .encode({})
      .equals(Buffer.from([0, 2])),
    'an empty object has the fields left out',
  )
  t.end()
})

t.test('a type within itself is read as deep as those who carry the value can go', t => {
  const { decode } = codec(record('N', { next: ['null', 'N'] }))
  const nested = (times: number): number[] => [...Array<number>(times).fill(2), 0]
  t.ok(decode(...nested(MAX_NESTING)))
  t.throws(() => decode(...nested(MAX_NESTING + 1)), {
    code: 'RECORD_MALFORMED',
    message: /nested more than 500 times/,
  })
  t.ok(decode(...nested(MAX_NESTING)), 'each record by itself')
  const list = codec(record('L', { items: { type: 'array', items: 'L' } }))
  t.ok(list.decode(200, 1, ...Array<number>(100).fill(0), 0), 'side by side is not within')
  t.end()
})
