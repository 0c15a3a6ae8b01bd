import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import t from 'tap'

import { avroSchemaDecoder, avroSchemaEncoder } from '../../../schemas/avro/avro-codec.ts'
import { avroType } from '../../../schemas/avro/avro-type.ts'
import { typeOf } from '../../../schemas/avro/avro-type-spec.ts'
import { Decimal } from '../../../schemas/contracts/decimal.ts'
import type { AvroSchemaSpec } from '../../../schemas/contracts/schema-spec.ts'
import { codec, logical, record } from './codecs.ts'

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
    t.throws(() => make(spec('int', 'row')), { code: 'CONFIGURATION_INVALID', message: /rows must be a record.* int/ })
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
      message: `${text} is not a Decimal of at most 4 digits, 2 of them after the point`,
    })
  const micros = codec(logical('long', 'timestamp-micros'))
  t.equal(String(micros.again(new Date(-1))), '1969-12-31T23:59:59.999Z')
  t.equal(String(micros.again(Instant.parse('+100000-01-01T00:00:00.000001Z'))), '+100000-01-01T00:00:00.000001Z')
  t.end()
})

t.test('a decimal whose digits would fill the memory is no value of a type that holds ten', async t => {
  const { encode } = codec({ type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 })
  for (const text of ['1e2000000000', '1e-2000000000', '-1e300000000', '1e8', '0.001'])
    t.throws(() => encode(Decimal.parse(text)), { code: 'VALUE_INVALID' }, text)
  t.ok(encode(Decimal.parse('0e2000000000')).equals(encode(Decimal.parse('0.00'))))
  t.ok(encode(Decimal.parse('9.999999999e7')))
})
