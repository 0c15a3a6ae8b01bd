/** CsvRowDeserializationSchema: reads a line of cells into a row. `csv-row.ts` shows the format. */
import { ZoneOffset } from '@js-joda/core'

import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { CsvRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueDecoder } from '../contracts/value-codec.ts'
import { recordMalformedBy } from '../contracts/value-codec.ts'
import { fieldPath } from './acceptance.ts'
import { parseBase64 } from './base64.ts'
import { checkCharacters, unsupported } from './csv-checks.ts'
import { csvCells } from './csv-line.ts'
import { parseTimestamp } from './date-time-text.ts'
import { parseBigInt, parseDecimal, parseDouble, parseInteger, parseLong, trim } from './java-number.ts'
import { setField } from './row-object.ts'
import { parseSqlDate, parseSqlTime, parseSqlTimestamp } from './sql-text.ts'
import { unicodeText } from './unicode-text.ts'

/** The most bytes of a malformed record that an error message shows. */
const MAX_SHOWN = 2000

type Read = (cell: string) => unknown

export function csvRowDecoder(spec: CsvRowSchemaSpec): ValueDecoder {
  checkCharacters(spec)
  if (spec.arrayElementDelimiter === '')
    throw new ConfigurationError('CsvRowDeserializationSchema: the array element delimiter must not be empty.')
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

function rowReader(spec: CsvRowSchemaSpec): (text: string) => unknown {
  const { names, types } = spec.typeInfo
  const readers = types.map((type, i) => cellReader(type, names[i]!, spec))
  const count = names.length
  return text => {
    const cells = csvCells(text, spec)
    if (cells === null) throw new SyntaxError('No content to map due to end-of-input')
    // A delimiter at the end of the line is accepted.
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

/** With `ignoreParseErrors`, an invalid cell becomes null and the record is kept. */
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

/** Names the innermost field that could not be read. */
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
