import assert from 'node:assert'

import fc from 'fast-check'
import t from 'tap'

import { csvRowDecoder, csvRowEncoder } from '../../../schemas/flink/csv-row.ts'
import type { CsvRowSchemaSpec } from '../../../schemas/contracts/schema-spec.ts'
import type { BasicTypeName, RowTypeSpec, TypeSpec } from '../../../core/foundation/type-spec.ts'
import { valueOf } from './plain-values.ts'
import { vectorsOf } from './vectors.ts'

interface Vector {
  readonly type: RowTypeSpec
  readonly options?: Partial<CsvRowSchemaSpec>
  readonly csv?: string
  /** Of a record that is not UTF-8, or has a byte order mark. */
  readonly hex?: string
  readonly value?: unknown
  readonly leftOut?: boolean
  readonly error?: string
  readonly cause?: string
}

const spec = (typeInfo: RowTypeSpec, options: Partial<CsvRowSchemaSpec> = {}): CsvRowSchemaSpec => ({
  type: 'csv-row',
  typeInfo,
  fieldDelimiter: ',',
  lineDelimiter: '\n',
  arrayElementDelimiter: ';',
  quoteCharacter: '"',
  escapeCharacter: null,
  nullLiteral: null,
  allowComments: false,
  ignoreParseErrors: false,
  ...options,
})
const basic = (type: BasicTypeName): TypeSpec => ({ type })
const row = (fields: Record<string, TypeSpec>): RowTypeSpec => ({
  type: 'ROW',
  names: Object.keys(fields),
  types: Object.values(fields),
})
const recordOf = ({ csv, hex }: Vector): Buffer => (csv === undefined ? Buffer.from(hex!, 'hex') : Buffer.from(csv))
const says = (vector: Vector): string =>
  `${JSON.stringify(vector.type.types)} ${JSON.stringify(vector.options ?? {})} ${JSON.stringify(vector.csv ?? vector.hex ?? vector.value)}`

t.test('every line is read as Flink reads it, or is malformed for both', async t => {
  for (const vector of vectorsOf('csv-row-read.json') as readonly Vector[]) {
    const decode = (): unknown => csvRowDecoder(spec(vector.type, vector.options)).decode(recordOf(vector))
    if (vector.leftOut) t.equal(decode(), undefined, says(vector))
    else if (vector.value !== undefined) {
      let found: unknown
      try {
        found = decode()
      } catch (error) {
        found = error
      }
      t.strictSame(found, valueOf(vector.type, vector.value), says(vector))
    } else if (vector.error!.startsWith('IOException')) {
      const message = vector.error!.replace('IOException: ', '')
      t.throws(decode, { code: 'RECORD_MALFORMED', ...(vector.hex === undefined && { message }) }, says(vector))
    } else t.throws(decode, { code: 'CONFIGURATION_INVALID' }, says(vector))
  }
})

t.test('every row is written as Flink writes it', async t => {
  for (const vector of vectorsOf('csv-row-write.json') as readonly Vector[]) {
    const encode = (): string =>
      csvRowEncoder(spec(vector.type, vector.options)).encode(valueOf(vector.type, vector.value)).toString()
    if (vector.csv === undefined) t.throws(encode, { code: 'CONFIGURATION_INVALID' }, says(vector))
    else t.equal(encode(), vector.csv, says(vector))
  }
})

t.test('what was written is read again, whatever the texts and the characters with a meaning', async () => {
  const type = row({ a: basic('STRING'), b: basic('LONG'), c: basic('DOUBLE'), d: basic('STRING') })
  const options = fc.record({
    fieldDelimiter: fc.constantFrom(',', ';', '\t', '|', 'é'),
    quoteCharacter: fc.constantFrom('"', "'"),
    escapeCharacter: fc.constantFrom(null, '\\'),
    lineDelimiter: fc.constantFrom('\n', '\r', '\r\n', ''),
  })
  // Without a null literal an empty text and null are the same cell; a quoted cell and a break of line are not.
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', ',', ';', '\t', '|', '"', "'", '\\', '\n', '\r', '#', 'é', '𝕂'),
  })
  const value = fc.record({ a: text, b: fc.integer(), c: fc.double({ noNaN: true }), d: text })
  fc.assert(
    fc.property(options, value, (chosen, v) => {
      const made = spec(type, chosen)
      assert.deepStrictEqual(csvRowDecoder(made).decode(csvRowEncoder(made).encode(v)), { ...v })
    }),
    { numRuns: 1000 },
  )
})

t.test('any text at all is read or malformed', async t => {
  const type = row({ a: basic('STRING'), b: { type: 'BASIC_ARRAY', element: basic('INT') } })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, allowComments) => {
      try {
        csvRowDecoder(spec(type, { allowComments, escapeCharacter: '\\' })).decode(Buffer.from(bytes))
      } catch (error) {
        assert.equal((error as { code: string }).code, 'RECORD_MALFORMED')
      }
    }),
    { numRuns: 1000 },
  )
  t.throws(() => csvRowDecoder(spec(type)).decode(Buffer.from('a,1;x')), {
    code: 'RECORD_MALFORMED',
    message:
      "Failed to deserialize CSV row 'a,1;x'. Field 'b[]': 'x' is not a whole number from -2147483648 to 2147483647.",
  })
})

t.test('a value that does not fit is refused with the path to its field', async t => {
  const type = row({ id: basic('INT'), tags: { type: 'BASIC_ARRAY', element: basic('STRING') } })
  const encoder = csvRowEncoder(spec(type))
  t.throws(() => encoder.encode({ id: 1, tags: [1] }), {
    code: 'VALUE_INVALID',
    message: "Field 'tags[]' must be a string (STRING), but is 1.",
  })
  t.throws(() => encoder.encode({ idd: 1 }), { message: "The row has no field 'idd'. Its fields are: id, tags." })
  t.throws(() => encoder.encode(null), { code: 'VALUE_INVALID' })
  t.equal(encoder.encode({ id: 1 }).toString(), '1,\n')
})

t.test('options that mean nothing are refused', async t => {
  const type = row({ a: basic('STRING') })
  for (const options of [
    { fieldDelimiter: ',,' },
    { fieldDelimiter: '' },
    { quoteCharacter: '𝕂' },
    { escapeCharacter: '' },
  ]) {
    t.throws(() => csvRowDecoder(spec(type, options)), { code: 'CONFIGURATION_INVALID' })
    t.throws(() => csvRowEncoder(spec(type, options)), { code: 'CONFIGURATION_INVALID' })
  }
  // Flink reads on for ever.
  t.throws(() => csvRowDecoder(spec(type, { arrayElementDelimiter: '' })), { code: 'CONFIGURATION_INVALID' })
  t.throws(() => csvRowEncoder(spec(type, { lineDelimiter: ';' })), { message: /Unsupported new line delimiter/ })
})
