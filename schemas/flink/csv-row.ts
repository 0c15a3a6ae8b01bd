/**
 * CsvRowDeserializationSchema and CsvRowSerializationSchema: a line of cells, in the order of the row's fields. Arrays and rows
 * within a row are one cell, divided by the array element delimiter; what lies deeper has no place in a line.
 *
 *   STRING                      the cell as it is
 *   BOOLEAN                     `true` in any case; anything else is false
 *   numbers                     as Java prints and parses them
 *   SQL_DATE, LOCAL_DATE        `2024-02-29`; read, what is beyond the end of a month goes on in the next
 *   SQL_TIME, LOCAL_TIME        `12:34:56`
 *   SQL_TIMESTAMP,              `2024-02-29 12:34:56.789`
 *     LOCAL_DATE_TIME
 *   INSTANT                     `2024-02-29 12:34:56.789Z`
 *   PRIMITIVE_ARRAY of BYTE     base64
 *   VOID                        null
 *
 * A cell is null where it is the null literal; without one nothing is null, and null is written as an empty cell.
 */
import { LocalDateTime, ZoneOffset } from '@js-joda/core'
import type { LocalTime } from '@js-joda/core'

import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { CsvRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueDecoder, ValueEncoder } from '../contracts/value-codec.ts'
import { recordMalformedBy } from '../contracts/value-codec.ts'
import {
  acceptArray,
  acceptBigInt,
  acceptBoolean,
  acceptBytes,
  acceptDecimal,
  acceptInstant,
  acceptInteger,
  acceptLocalDate,
  acceptLocalDateTime,
  acceptLocalTime,
  acceptLong,
  acceptNumber,
  acceptObject,
  acceptString,
  fieldPath,
  misfit,
  refuseOtherNames,
} from './acceptance.ts'
import { parseBase64 } from './base64.ts'
import { csvCells } from './csv-line.ts'
import { dateText, parseTimestamp, timestampText, timeText } from './date-time-text.ts'
import {
  doubleText,
  floatText,
  parseBigInt,
  parseDecimal,
  parseDouble,
  parseInteger,
  parseLong,
  trim,
} from './java-number.ts'
import { getField, setField } from './row-object.ts'
import { parseSqlDate, parseSqlTime, parseSqlTimestamp } from './sql-text.ts'
import { unicodeText } from './unicode-text.ts'

/** Of a record that cannot be read, so much is in the message. */
const MAX_SHOWN = 2000
/** Longer cells Jackson quotes without looking. */
const MAX_LOOKED_AT = 24
const LINE_DELIMITERS = ['\n', '\r', '\r\n', '']

type Read = (cell: string) => unknown
type Write = (value: unknown) => string

export function csvRowDecoder(spec: CsvRowSchemaSpec): ValueDecoder {
  checkCharacters(spec)
  if (spec.arrayElementDelimiter === '')
    throw new ConfigurationError('CsvRowDeserializationSchema: without an array element delimiter an array has no end.')
  const read = rowReader(spec)
  return {
    type: spec.typeInfo,
    decode: record => {
      try {
        return read(unicodeText(record))
      } catch (error) {
        if (spec.ignoreParseErrors) return undefined
        const rest = record.length > MAX_SHOWN ? '...' : ''
        const shown = record.toString('utf8', 0, MAX_SHOWN)
        throw recordMalformedBy(`Failed to deserialize CSV row '${shown}${rest}'.`, error)
      }
    },
  }
}

export function csvRowEncoder(spec: CsvRowSchemaSpec): ValueEncoder {
  checkCharacters(spec)
  if (!LINE_DELIMITERS.includes(spec.lineDelimiter))
    throw new ConfigurationError(
      'Unsupported new line delimiter. Only \\n, \\r, \\r\\n, or empty string are supported.',
    )
  const write = rowWriter(spec)
  return { encode: value => Buffer.from(write(value)) }
}

function checkCharacters(spec: CsvRowSchemaSpec): void {
  for (const option of ['fieldDelimiter', 'quoteCharacter', 'escapeCharacter'] as const)
    if (spec[option] !== null && spec[option].length !== 1)
      throw new ConfigurationError(`CSV: ${option} must be one character, but is '${spec[option]}'.`)
}

function rowReader(spec: CsvRowSchemaSpec): (text: string) => unknown {
  const { names, types } = spec.typeInfo
  const readers = types.map((type, i) => cellReader(type, names[i]!, spec))
  const count = names.length
  return text => {
    const cells = csvCells(text, spec)
    if (cells === null) throw new SyntaxError('No content to map due to end-of-input')
    // One delimiter more at the end of a line is let pass.
    if (cells.length === count + 1 && cells[count]!.trim() === '') cells.pop()
    if (cells.length > count)
      throw new SyntaxError(`Too many entries: expected at most ${count} (the next is '${cells[count]!}')`)
    checkArity(count, cells.length, spec)
    const row: Record<string, unknown> = {}
    for (let i = 0; i < count; i++) setField(row, names[i]!, i < cells.length ? readers[i]!(cells[i]!) : null)
    return row
  }
}

function checkArity(expected: number, found: number, spec: CsvRowSchemaSpec): void {
  if (expected !== found && !spec.ignoreParseErrors)
    throw new SyntaxError(`Row length mismatch. ${expected} fields expected but was ${found}.`)
}

function cellReader(type: TypeSpec, path: string, spec: CsvRowSchemaSpec): Read {
  switch (type.type) {
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY': {
      const readElement = simpleReader(type.element, `${path}[]`, spec)
      return cell => elementsOf(cell, spec).map(readElement)
    }
    case 'ROW':
      return nestedRowReader(type, path, spec)
    case 'PRIMITIVE_ARRAY':
      if (isBytes(type)) return nullable(parseBase64, path, spec)
      throw unsupported(type, path)
    default:
      return simpleReader(type, path, spec)
  }
}

function elementsOf(cell: string, spec: CsvRowSchemaSpec): string[] {
  return trim(cell) === '' ? [] : cell.split(spec.arrayElementDelimiter)
}

function nestedRowReader(type: RowTypeSpec, path: string, spec: CsvRowSchemaSpec): Read {
  const { names } = type
  const readers = type.types.map((field, i) => simpleReader(field, fieldPath(path, names[i]!), spec))
  const read = (cell: string): unknown => {
    const elements = elementsOf(cell, spec)
    if (elements.length === 0) return null
    checkArity(names.length, elements.length, spec)
    const row: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++)
      setField(row, names[i]!, i < elements.length ? readers[i]!(elements[i]!) : null)
    return row
  }
  return guarded(read, path, spec)
}

function simpleReader(type: TypeSpec, path: string, spec: CsvRowSchemaSpec): Read {
  return nullable(textReader(type, path), path, spec)
}

function nullable(read: Read, path: string, spec: CsvRowSchemaSpec): Read {
  const careful = guarded(read, path, spec)
  const { nullLiteral } = spec
  return nullLiteral === null ? careful : cell => (cell === nullLiteral ? null : careful(cell))
}

/** With `ignoreParseErrors` a cell that cannot be read is null, and the record stays. */
function guarded(read: Read, path: string, spec: CsvRowSchemaSpec): Read {
  return cell => {
    try {
      return read(cell)
    } catch (error) {
      if (spec.ignoreParseErrors) return null
      throw error instanceof CellError ? error : new CellError(path, error)
    }
  }
}

/** Which field could not be read; the innermost says so. */
class CellError extends Error {
  constructor(path: string, cause: unknown) {
    super(`Field '${path}': ${(cause as Error).message}`, { cause })
  }
}

function textReader(type: TypeSpec, path: string): Read {
  switch (type.type) {
    case 'STRING':
      return cell => cell
    case 'BOOLEAN':
      return cell => trim(cell).toLowerCase() === 'true'
    case 'BYTE':
      return cell => parseInteger(trim(cell), -128, 127)
    case 'SHORT':
      return cell => parseInteger(trim(cell), -32_768, 32_767)
    case 'INT':
      return cell => parseInteger(trim(cell), -2_147_483_648, 2_147_483_647)
    case 'LONG':
      return cell => parseLong(trim(cell))
    case 'FLOAT':
      return cell => Math.fround(parseDouble(cell))
    case 'DOUBLE':
      return parseDouble
    case 'BIG_INT':
      return cell => parseBigInt(trim(cell))
    case 'BIG_DEC':
      return cell => parseDecimal(trim(cell))
    case 'SQL_DATE':
    case 'LOCAL_DATE':
      return parseSqlDate
    case 'SQL_TIME':
    case 'LOCAL_TIME':
      return parseSqlTime
    case 'SQL_TIMESTAMP':
      return cell => parseSqlTimestamp(trim(cell))
    case 'LOCAL_DATE_TIME':
      return cell => parseTimestamp(trim(cell), 'space')
    case 'INSTANT':
      return cell => parseTimestamp(cell, 'space Z').toInstant(ZoneOffset.UTC)
    case 'VOID':
      return () => null
    default:
      throw unsupported(type, path)
  }
}

function rowWriter(spec: CsvRowSchemaSpec): Write {
  const { names, types } = spec.typeInfo
  const writers = types.map((type, i) => cellWriter(type, names[i]!, spec))
  const known = new Set(names)
  const nullCell = spec.nullLiteral ?? ''
  return value => {
    const row = acceptObject(value, 'ROW', '')
    let line = ''
    for (let i = 0; i < names.length; i++) {
      const field = getField(row, names[i]!)
      if (field === undefined) refuseOtherNames(row, known, '')
      if (i > 0) line += spec.fieldDelimiter
      line += field === null || field === undefined ? nullCell : writers[i]!(field)
    }
    return line + spec.lineDelimiter
  }
}

function cellWriter(type: TypeSpec, path: string, spec: CsvRowSchemaSpec): Write {
  const quoted = quoter(spec)
  switch (type.type) {
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY': {
      const write = elementWriter(type.element, `${path}[]`, spec)
      return value => quoted(Array.from(acceptArray(value, type.type, path), write).join(spec.arrayElementDelimiter))
    }
    case 'ROW': {
      const { names } = type
      const writers = type.types.map((field, i) => elementWriter(field, fieldPath(path, names[i]!), spec))
      const known = new Set(names)
      return value => {
        const row = acceptObject(value, 'ROW', path)
        const elements = writers.map((write, i) => {
          const field = getField(row, names[i]!)
          if (field === undefined) refuseOtherNames(row, known, path)
          return write(field)
        })
        return quoted(elements.join(spec.arrayElementDelimiter))
      }
    }
    case 'PRIMITIVE_ARRAY':
      if (!isBytes(type)) throw unsupported(type, path)
      return value => quoted(Buffer.from(acceptBytes(value, path)).toString('base64'))
    default: {
      const write = textWriter(type, path)
      return isBare(type) ? write : value => quoted(write(value))
    }
  }
}

function elementWriter(type: TypeSpec, path: string, spec: CsvRowSchemaSpec): Write {
  const write = textWriter(type, path)
  const nullElement = spec.nullLiteral ?? ''
  return value => (value === null || value === undefined ? nullElement : write(value))
}

/** Numbers and truths are never quoted, whatever the delimiter. */
function isBare(type: TypeSpec): boolean {
  return ['BOOLEAN', 'BYTE', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'BIG_INT', 'BIG_DEC'].includes(type.type)
}

/**
 * Jackson looks for no particular characters: whatever lies in Unicode before the greatest of those with a meaning is quoted
 * (with a comma, a space and a #, too), and so is the escape character, which is a backslash unless said otherwise.
 */
function quoter(spec: CsvRowSchemaSpec): (text: string) => string {
  const quote = spec.quoteCharacter
  if (quote === null) return text => text
  const firstSafe = Math.max(0x0d, spec.fieldDelimiter.charCodeAt(0), quote.charCodeAt(0)) + 1
  const escape = spec.escapeCharacter
  const escapeCode = (escape ?? '\\').charCodeAt(0)
  const needsQuotes = (text: string): boolean => {
    if (text.length > MAX_LOOKED_AT) return true
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code < firstSafe || code === escapeCode) return true
    }
    return false
  }
  return text => {
    if (!needsQuotes(text)) return text
    const plain = escape === null || escape === quote ? text : text.replaceAll(escape, escape + escape)
    return `${quote}${plain.replaceAll(quote, quote + quote)}${quote}`
  }
}

function textWriter(type: TypeSpec, path: string): Write {
  switch (type.type) {
    case 'STRING':
      return value => acceptString(value, path)
    case 'BOOLEAN':
      return value => String(acceptBoolean(value, path))
    case 'BYTE':
    case 'SHORT':
    case 'INT': {
      const { type: name } = type
      return value => String(acceptInteger(value, name, path))
    }
    case 'LONG':
      return value => String(acceptLong(value, path))
    case 'FLOAT':
      return value => floatText(acceptNumber(value, 'FLOAT', path))
    case 'DOUBLE':
      return value => doubleText(acceptNumber(value, 'DOUBLE', path))
    case 'BIG_INT':
      return value => acceptBigInt(value, path).toString()
    case 'BIG_DEC':
      return value => acceptDecimal(value, path).toString()
    case 'SQL_DATE':
    case 'LOCAL_DATE':
      return value => dateText(acceptLocalDate(value, type.type, path))
    case 'SQL_TIME':
      return value => timeText(acceptLocalTime(value, type.type, path).withNano(0))
    case 'LOCAL_TIME':
      return value => localTimeText(acceptLocalTime(value, type.type, path))
    case 'SQL_TIMESTAMP':
      return value => sqlTimestampText(acceptLocalDateTime(value, type.type, path))
    case 'LOCAL_DATE_TIME':
      return value => timestampText(acceptLocalDateTime(value, type.type, path), 'space')
    case 'INSTANT':
      return value => timestampText(LocalDateTime.ofInstant(acceptInstant(value, path), ZoneOffset.UTC), 'space Z')
    case 'VOID':
      return value => {
        throw misfit(path, 'null (VOID)', value)
      }
    default:
      throw unsupported(type, path)
  }
}

/** `LocalTime.toString`: seconds only where there are any. */
const localTimeText = (time: LocalTime): string => time.toString()

/** `Timestamp.toString`: at least one digit of the second's fraction. */
function sqlTimestampText(value: LocalDateTime): string {
  const text = timestampText(value, 'space')
  return value.nano() === 0 ? `${text}.0` : text
}

function unsupported(type: TypeSpec, path: string): ConfigurationError {
  return new ConfigurationError(`CSV: the type ${type.type} of field '${path}' has no place in a line.`)
}
