/** CsvRowSerializationSchema: writes a row as a line of cells. `csv-row.ts` shows the format. */
import { LocalDateTime, ZoneOffset } from '@js-joda/core'
import type { LocalTime } from '@js-joda/core'

import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { CsvRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueEncoder } from '../contracts/value-codec.ts'
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
import { checkCharacters, unsupported } from './csv-checks.ts'
import { dateText, timestampText, timeText } from './date-time-text.ts'
import { doubleText, floatText } from './java-number.ts'
import { getField } from './row-object.ts'

/** Jackson quotes a longer cell without looking at its characters. */
const MAX_LOOKED_AT = 24
const LINE_DELIMITERS = ['\n', '\r', '\r\n', '']

type Write = (value: unknown) => string

export function csvRowEncoder(spec: CsvRowSchemaSpec): ValueEncoder {
  checkCharacters(spec)
  if (!LINE_DELIMITERS.includes(spec.lineDelimiter))
    throw new ConfigurationError(
      'Unsupported new line delimiter. Only \\n, \\r, \\r\\n, or empty string are supported.',
    )
  const write = rowWriter(spec)
  return { encode: value => Buffer.from(write(value)) }
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

/** Numbers and booleans are never quoted, whatever the delimiter. */
function isBare(type: TypeSpec): boolean {
  return ['BOOLEAN', 'BYTE', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'BIG_INT', 'BIG_DEC'].includes(type.type)
}

/**
 * Jackson quotes a cell that contains any character up to the greatest special character. With a comma as delimiter this includes the
 * space and #. It also quotes a cell that contains the escape character, which is a backslash by default.
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

/** `LocalTime.toString`, which omits zero seconds. */
const localTimeText = (time: LocalTime): string => time.toString()

/** `Timestamp.toString`, with at least one digit after the point. */
function sqlTimestampText(value: LocalDateTime): string {
  const text = timestampText(value, 'space')
  return value.nano() === 0 ? `${text}.0` : text
}
