/**
 * JsonRowSerializationSchema: writes an object with a member for each field of the row, including null fields. Numbers are written as
 * Java prints them, bytes as base64, dates and times as `json-row-reader.ts` reads them.
 *
 * Flink passes LIST and MAP to Jackson as a whole. Therefore a decimal within them loses trailing zeros, and a time loses its Z. A row
 * within a MAP is written as an object of its fields, where Flink writes {"kind":"INSERT","arity":1}.
 */
import type { Instant, LocalDateTime } from '@js-joda/core'

import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { JsonRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { ArrayTypeSpec, MapTypeSpec, RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueEncoder } from '../contracts/value-codec.ts'
import {
  acceptArray,
  acceptBigInt,
  acceptBoolean,
  acceptBytes,
  acceptChar,
  acceptDecimal,
  acceptEntries,
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
import { dateText, timestampText, timeText } from './date-time-text.ts'
import { doubleText, floatText } from './java-number.ts'
import { quote } from './json-text.ts'
import { getField } from './row-object.ts'

type Write = (value: unknown) => string

export function jsonRowEncoder(spec: JsonRowSchemaSpec): ValueEncoder {
  const write = writerOf(spec.typeInfo, '', false)
  return { encode: value => Buffer.from(write(value)) }
}

/** `bare` within LIST or MAP, where Jackson writes the values. */
function writerOf(type: TypeSpec, path: string, bare: boolean): Write {
  switch (type.type) {
    case 'STRING':
      return value => quote(acceptString(value, path))
    case 'CHAR':
      return value => quote(acceptChar(value, path))
    case 'BOOLEAN':
      return value => (acceptBoolean(value, path) ? 'true' : 'false')
    case 'BYTE':
    case 'SHORT':
    case 'INT':
      return value => String(acceptInteger(value, type.type as 'INT', path) + 0)
    case 'LONG':
      return value => String(acceptLong(value, path))
    case 'FLOAT':
      return value => numberOrText(floatText(acceptNumber(value, 'FLOAT', path)))
    case 'DOUBLE':
      return value => numberOrText(doubleText(acceptNumber(value, 'DOUBLE', path)))
    case 'BIG_INT':
      return value => acceptBigInt(value, path).toString()
    case 'BIG_DEC':
      return bare
        ? value => acceptDecimal(value, path).stripTrailingZeros().toString()
        : value => acceptDecimal(value, path).toString()
    case 'SQL_DATE':
    case 'LOCAL_DATE':
      return value => `"${dateText(acceptLocalDate(value, type.type, path))}"`
    case 'SQL_TIME':
    case 'LOCAL_TIME':
      return value => `"${timeText(acceptLocalTime(value, type.type, path))}${bare ? '' : 'Z'}"`
    case 'SQL_TIMESTAMP':
    case 'LOCAL_DATE_TIME': {
      const text = bare ? (type.type === 'SQL_TIMESTAMP' ? sqlTimestampText : localDateTimeText) : rfc3339
      return value => `"${text(acceptLocalDateTime(value, type.type, path))}"`
    }
    case 'INSTANT':
      return value => `"${instantText(acceptInstant(value, path))}"`
    case 'VOID':
      return value => {
        throw misfit(path, 'null (VOID)', value)
      }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return arrayWriter(type, path, bare)
    case 'MAP':
      return mapWriter(type, path)
    case 'ROW':
      return rowWriter(type, path, bare)
    default:
      throw new ConfigurationError(
        `JsonRowSerializationSchema: ${type.type} in field '${path}' cannot be written as JSON.`,
      )
  }
}

function nullable(write: Write): Write {
  return value => (value === null || value === undefined ? 'null' : write(value))
}

/** NaN and Infinity are strings, because JSON has no such numbers. */
const numberOrText = (text: string): string => (text.endsWith('N') || text.endsWith('y') ? `"${text}"` : text)

const rfc3339 = (value: LocalDateTime): string => timestampText(value, 'T Z')
const localDateTimeText = (value: LocalDateTime): string => rfc3339(value).slice(0, -1)
const sqlTimestampText = (value: LocalDateTime): string =>
  `${localDateTimeText(value.withNano(0))}.${String(Math.floor(value.nano() / 1_000_000)).padStart(3, '0')}+00:00`

/** The fraction has three, six or nine digits. */
function instantText(instant: Instant): string {
  const nanos = instant.nano()
  const digits = nanos === 0 ? 0 : nanos % 1_000_000 === 0 ? 3 : nanos % 1000 === 0 ? 6 : 9
  const fraction = digits === 0 ? '' : `.${String(nanos).padStart(9, '0').slice(0, digits)}`
  return `${instant.minusNanos(nanos).toString().slice(0, -1)}${fraction}Z`
}

function arrayWriter(type: ArrayTypeSpec, path: string, bare: boolean): Write {
  if (isBytes(type)) {
    return value => {
      const bytes = acceptBytes(value, path)
      return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`
    }
  }
  const inner = `${path}[]`
  if (type.type === 'PRIMITIVE_ARRAY' && type.element.type === 'CHAR') {
    return value => quote(Array.from(acceptArray(value, type.type, path), char => acceptChar(char, inner)).join(''))
  }
  const element = writerOf(type.element, inner, bare || type.type === 'LIST')
  const write = type.type === 'PRIMITIVE_ARRAY' ? element : nullable(element)
  return value => {
    const values = acceptArray(value, type.type, path)
    let text = '['
    for (let i = 0; i < values.length; i++) text += i === 0 ? write(values[i]) : `,${write(values[i])}`
    return `${text}]`
  }
}

function mapWriter(type: MapTypeSpec, path: string): Write {
  const inner = `${path}{}`
  const writeKey = keyWriter(type.key, inner)
  const writeValue = nullable(writerOf(type.value, inner, true))
  return value => {
    let text = ''
    const isMap = value instanceof Map
    for (const [key, item] of acceptEntries(value, path)) {
      // The keys of a plain object are strings already.
      const name = isMap ? writeKey(key) : quote(key as string)
      text += `${text === '' ? '' : ','}${name}:${writeValue(item)}`
    }
    return `{${text}}`
  }
}

/** A key is always a JSON string. */
function keyWriter(type: TypeSpec, path: string): Write {
  const write = writerOf(type, path, true)
  return value => {
    const text = write(value)
    return text.startsWith('"') ? text : `"${text}"`
  }
}

function rowWriter(type: RowTypeSpec, path: string, bare: boolean): Write {
  const { names } = type
  const writers = type.types.map((field, i) => nullable(writerOf(field, fieldPath(path, names[i]!), bare)))
  const starts = names.map((name, i) => `${i === 0 ? '{' : ','}${quote(name)}:`)
  const known = new Set(names)
  if (names.length === 0) return value => (acceptObject(value, 'ROW', path), '{}')
  return value => {
    const row = acceptObject(value, 'ROW', path)
    let text = ''
    for (let i = 0; i < names.length; i++) {
      const field = getField(row, names[i]!)
      if (field === undefined) refuseOtherNames(row, known, path)
      text += starts[i]! + writers[i]!(field)
    }
    return `${text}}`
  }
}
