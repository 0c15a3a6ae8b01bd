/**
 * TypeInformationSerializationSchema: a record is what Flink's own TypeSerializer writes for the value, byte for byte.
 * All numbers are big-endian. Where Flink has no byte for null, null is VALUE_INVALID.
 *
 *   STRING                        length + 1, then each UTF-16 unit, as numbers of 7 bits a byte, low bits first, the high bit
 *                                 set where more follows; 0 is null
 *   CHAR, SHORT                   2 bytes
 *   BOOLEAN, BYTE                 1 byte
 *   INT, FLOAT                    4 bytes
 *   LONG, DOUBLE                  8 bytes
 *   BIG_INT                       length + 4 as int, then two's complement in as few bytes as hold it. Without bytes: 0 is null,
 *                                 1 is the number 0, 2 is 1, and 3 is 10; Flink reads these three in the long form too
 *   BIG_DEC                       its digits as BIG_INT, scale as int; null is the null of BIG_INT alone
 *   SQL_DATE, SQL_TIME            milliseconds since 1970 as long, by the zone of the process (sql-time.ts); the least long is null
 *   SQL_TIMESTAMP                 the same, then nanoseconds of the second as int, 0 for null
 *   LOCAL_DATE                    year as int, month, day; null: the least int and the least short
 *   LOCAL_TIME                    hour, minute, second, nanoseconds as int; null: the least byte, short and int
 *   LOCAL_DATE_TIME               LOCAL_DATE, LOCAL_TIME; null: both nulls
 *   INSTANT                       seconds as long, nanoseconds as int; null: the least of each
 *   VOID                          a zero
 *   PRIMITIVE_ARRAY, LIST,        length as int, then the elements
 *     BASIC_ARRAY and OBJECT_ARRAY
 *     of STRING
 *   BASIC_ARRAY, OBJECT_ARRAY     length as int, then for each element 1 and the element, or 0 for null
 *   MAP                           length as int, then for each pair the key, and 0 and the value, or 1 for null
 *   TUPLE                         the fields; without any, 42
 *   ROW                           a bit mask, the highest bit of a byte first: 2 bits for the row kind, 1 for each field that is
 *                                 null, rest zero; then the fields that are not
 *
 * The kind of a row is read over, for a row here has none; rows are written as INSERT. Bytes after the value are RECORD_MALFORMED,
 * where Flink does not look at them: they say that the type is not the one that the record was written with.
 */
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { Decimal } from '../contracts/decimal.ts'
import type { ArrayTypeSpec, MapTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueDecoder, ValueEncoder } from '../contracts/value-codec.ts'
import { recordMalformed, valueInvalid } from '../contracts/value-codec.ts'
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
import { DataInput, place } from './data-input.ts'
import { DataOutput } from './data-output.ts'
import { getField, setField } from './row-object.ts'
import { checkType, notFlinks } from './type-check.ts'
import {
  sqlDateOfMillis,
  sqlDateToMillis,
  sqlTimeOfMillis,
  sqlTimeToMillis,
  sqlTimestampOf,
  sqlTimestampToMillis,
} from './sql-time.ts'

/** Compiled once for a type, with the path to it for messages. */
type Read = (input: DataInput) => unknown
type Write = (output: DataOutput, value: unknown) => void

const LEAST_BYTE = -128
const LEAST_SHORT = -32_768
const LEAST_INT = -2_147_483_648
const LEAST_LONG = -(2n ** 63n)
/** What Flink's serializer of the empty tuple writes. */
const EMPTY_TUPLE = 42
const KIND_BITS = 2
/** Numbers without bytes, by the length that stands for them. */
const SHORT_FORMS: readonly (bigint | null)[] = [null, 0n, 1n, 10n]

export function typeInformationDecoder(type: TypeSpec): ValueDecoder {
  const read = readerOf(type, '')
  const input = new DataInput()
  return {
    type,
    decode: record => {
      input.open(record)
      const value = read(input)
      if (input.at !== input.end)
        throw recordMalformed(
          `The record has ${input.end - input.at} bytes after its value: it was written with another type.`,
        )
      return value
    },
  }
}

export function typeInformationEncoder(type: TypeSpec): ValueEncoder {
  const write = writerOf(type, '')
  const output = new DataOutput()
  return {
    takesNull: true,
    encode: value => {
      output.start()
      write(output, value ?? null)
      return output.finish()
    },
  }
}

function readerOf(type: TypeSpec, path: string): Read {
  checkType(type, path)
  const fixed = (bytes: number, read: Read): Read => {
    return input => {
      input.need(bytes, path)
      return read(input)
    }
  }
  switch (type.type) {
    case 'STRING':
      return input => input.string(path)
    case 'CHAR':
      return fixed(2, input => String.fromCharCode(input.int16() & 0xffff))
    case 'BOOLEAN':
      return fixed(1, input => input.int8() !== 0)
    case 'BYTE':
      return fixed(1, input => input.int8())
    case 'SHORT':
      return fixed(2, input => input.int16())
    case 'INT':
      return fixed(4, input => input.int32())
    case 'LONG':
      return fixed(8, input => input.int64())
    case 'FLOAT':
      return fixed(4, input => input.float32())
    case 'DOUBLE':
      return fixed(8, input => input.float64())
    case 'BIG_INT':
      return input => readBigInt(input, path)
    case 'BIG_DEC':
      return input => {
        const unscaled = readBigInt(input, path)
        if (unscaled === null) return null
        input.need(4, path)
        return new Decimal(unscaled, input.int32())
      }
    case 'SQL_DATE':
      return fixed(8, input => readMillis(input, path, sqlDateOfMillis))
    case 'SQL_TIME':
      return fixed(8, input => readMillis(input, path, sqlTimeOfMillis))
    case 'SQL_TIMESTAMP':
      return fixed(12, input => {
        const value = readMillis(input, path, ms => ms)
        const nanos = input.int32()
        return value === null ? null : temporal(path, () => sqlTimestampOf(value, nanos))
      })
    case 'LOCAL_DATE':
      return fixed(6, input => readLocalDate(input, path))
    case 'LOCAL_TIME':
      return fixed(7, input => readLocalTime(input, path))
    case 'LOCAL_DATE_TIME':
      return fixed(13, input => {
        const date = readLocalDate(input, path)
        const time = readLocalTime(input, path)
        return date === null || time === null ? null : LocalDateTime.of(date, time)
      })
    case 'INSTANT':
      return fixed(12, input => {
        const seconds = input.int64()
        const nanos = input.int32()
        if (seconds === LEAST_LONG) return null
        return temporal(path, () => Instant.ofEpochSecond(Number(seconds), nanos))
      })
    case 'VOID':
      return fixed(1, input => {
        input.at++
        return null
      })
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return arrayReader(type, path)
    case 'MAP':
      return mapReader(type, path)
    case 'TUPLE':
      return tupleReader(type.types, path)
    case 'ROW':
      return rowReader(type.names, type.types, path)
    default:
      throw notFlinks(type.type, path)
  }
}

function readBigInt(input: DataInput, path: string): bigint | null {
  input.need(4, path)
  const size = input.int32()
  if (size >= 0 && size < SHORT_FORMS.length) return SHORT_FORMS[size]!
  const length = size - SHORT_FORMS.length
  if (length <= 0) throw recordMalformed(`The record has a number of ${length} bytes in ${place(path)}.`)
  input.need(length, path)
  const digits = (input.bytes as Buffer).toString('hex', input.at, input.at + length)
  input.at += length
  return BigInt.asIntN(length * 8, BigInt(`0x${digits}`))
}

function readMillis<T>(input: DataInput, path: string, valueOf: (ms: number) => T): T | null {
  const ms = input.int64()
  if (ms === LEAST_LONG) return null
  return temporal(path, () => valueOf(Number(ms)))
}

function readLocalDate(input: DataInput, path: string): LocalDate | null {
  const year = input.int32()
  const month = input.int8()
  const day = input.int8()
  return year === LEAST_INT ? null : temporal(path, () => LocalDate.of(year, month, day))
}

function readLocalTime(input: DataInput, path: string): LocalTime | null {
  const hour = input.int8()
  const minute = input.int8()
  const second = input.int8()
  const nanos = input.int32()
  return hour === LEAST_BYTE ? null : temporal(path, () => LocalTime.of(hour, minute, second, nanos))
}

/** Numbers that are no date or time, such as a thirteenth month, or one that is too far away. */
function temporal<T>(path: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw recordMalformed(
      `The record has no date or time that can be read in ${place(path)}: ${(error as Error).message}. Years from -999999 to 999999 can be read; those of java.sql from -271821 to 275760.`,
      error,
    )
  }
}

/** The milliseconds of one of java.sql's values. */
function sqlMillis(value: { toString(): string }, path: string, toMillis: () => number): number {
  try {
    return toMillis()
  } catch (error) {
    throw valueInvalid(
      `${path === '' ? 'The value' : `Field '${path}'`} is ${value.toString()}, which is beyond what can be written here: ${(error as Error).message}.`,
    )
  }
}

/** Whether each element has a byte before it that says whether it is there. */
function hasNulls(type: ArrayTypeSpec): boolean {
  // `Types.OBJECT_ARRAY(Types.STRING)` is BasicArrayTypeInfo's array of strings, in Java and in PyFlink.
  return (type.type === 'OBJECT_ARRAY' || type.type === 'BASIC_ARRAY') && type.element.type !== 'STRING'
}

function arrayReader(type: ArrayTypeSpec, path: string): Read {
  if (isBytes(type))
    return input => {
      const length = input.length(1, path)
      const bytes = Buffer.from(input.bytes.subarray(input.at, input.at + length))
      input.at += length
      return bytes
    }
  const inner = `${path}[]`
  const readElement = readerOf(type.element, inner)
  const nulls = hasNulls(type)
  const least = nulls ? 1 : leastBytes(type.element)
  return input => {
    const length = input.length(least, path)
    const values: unknown[] = []
    for (let i = 0; i < length; i++) {
      if (nulls) {
        input.need(1, inner)
        values.push(input.int8() === 0 ? null : readElement(input))
      } else values.push(readElement(input))
    }
    return values
  }
}

function mapReader(type: MapTypeSpec, path: string): Read {
  const inner = `${path}{}`
  const readKey = readerOf(type.key, inner)
  const readValue = readerOf(type.value, inner)
  const least = leastBytes(type.key) + 1
  const byText = type.key.type === 'STRING' || type.key.type === 'CHAR'
  return input => {
    const length = input.length(least, path)
    const object: Record<string, unknown> = {}
    let map = byText ? null : new Map<unknown, unknown>()
    for (let i = 0; i < length; i++) {
      const key = readKey(input)
      input.need(1, inner)
      const value = input.int8() !== 0 ? null : readValue(input)
      // An object has no key that is null, and a Map has.
      if (key === null) map ??= new Map(Object.entries(object))
      if (map !== null) map.set(key, value)
      else setField(object, key as string, value)
    }
    return map ?? object
  }
}

function tupleReader(types: readonly TypeSpec[], path: string): Read {
  const readers = types.map((type, i) => readerOf(type, fieldPath(path, `f${i}`)))
  if (readers.length > 0) return input => readers.map(read => read(input))
  return input => {
    input.need(1, path)
    input.at++
    return []
  }
}

function rowReader(names: readonly string[], types: readonly TypeSpec[], path: string): Read {
  const readers = types.map((type, i) => readerOf(type, fieldPath(path, names[i]!)))
  const maskBytes = Math.ceil((KIND_BITS + names.length) / 8)
  const plain = !names.includes('__proto__')
  return input => {
    input.need(maskBytes, path)
    const { bytes, at } = input
    input.at = at + maskBytes
    const row: Record<string, unknown> = {}
    for (let i = 0, bit = KIND_BITS; i < readers.length; i++, bit++) {
      const isNull = (bytes[at + (bit >> 3)]! & (0x80 >> (bit & 7))) !== 0
      const value = isNull ? null : readers[i]!(input)
      if (plain) row[names[i]!] = value
      else setField(row, names[i]!, value)
    }
    return row
  }
}

/** What a value takes at least: so a length can be refused before anything is read. */
function leastBytes(type: TypeSpec): number {
  switch (type.type) {
    case 'CHAR':
    case 'SHORT':
      return 2
    case 'INT':
    case 'FLOAT':
    case 'BIG_INT':
    case 'BIG_DEC':
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
    case 'MAP':
      return 4
    case 'LONG':
    case 'DOUBLE':
    case 'SQL_DATE':
    case 'SQL_TIME':
      return 8
    case 'SQL_TIMESTAMP':
    case 'INSTANT':
      return 12
    default:
      return 1
  }
}

function writerOf(type: TypeSpec, path: string): Write {
  checkType(type, path)
  switch (type.type) {
    case 'STRING':
      return (output, value) => output.string(value === null ? null : acceptString(value, path))
    case 'CHAR':
      return (output, value) => output.int16(acceptChar(value, path).charCodeAt(0))
    case 'BOOLEAN':
      return (output, value) => output.int8(acceptBoolean(value, path) ? 1 : 0)
    case 'BYTE':
      return (output, value) => output.int8(acceptInteger(value, 'BYTE', path))
    case 'SHORT':
      return (output, value) => output.int16(acceptInteger(value, 'SHORT', path))
    case 'INT':
      return (output, value) => output.int32(acceptInteger(value, 'INT', path))
    case 'LONG':
      return (output, value) => output.int64(acceptLong(value, path))
    case 'FLOAT':
      return (output, value) => output.float32(acceptNumber(value, 'FLOAT', path))
    case 'DOUBLE':
      return (output, value) => output.float64(acceptNumber(value, 'DOUBLE', path))
    case 'BIG_INT':
      return (output, value) => writeBigInt(output, value === null ? null : acceptBigInt(value, path))
    case 'BIG_DEC':
      return (output, value) => {
        const decimal = value === null ? null : acceptDecimal(value, path)
        writeBigInt(output, decimal?.unscaled ?? null)
        if (decimal !== null) output.int32(decimal.scale)
      }
    case 'SQL_DATE':
      return (output, value) =>
        output.int64(value === null ? LEAST_LONG : sqlDateMillis(acceptLocalDate(value, type.type, path), path))
    case 'SQL_TIME':
      return (output, value) =>
        output.int64(value === null ? LEAST_LONG : sqlTimeToMillis(acceptLocalTime(value, type.type, path)))
    case 'SQL_TIMESTAMP':
      return (output, value) => {
        const timestamp = value === null ? null : acceptLocalDateTime(value, type.type, path)
        output.int64(
          timestamp === null ? LEAST_LONG : sqlMillis(timestamp, path, () => sqlTimestampToMillis(timestamp)),
        )
        output.int32(timestamp?.nano() ?? 0)
      }
    case 'LOCAL_DATE':
      return (output, value) => writeLocalDate(output, value === null ? null : acceptLocalDate(value, type.type, path))
    case 'LOCAL_TIME':
      return (output, value) => writeLocalTime(output, value === null ? null : acceptLocalTime(value, type.type, path))
    case 'LOCAL_DATE_TIME':
      return (output, value) => {
        const dateTime = value === null ? null : acceptLocalDateTime(value, type.type, path)
        writeLocalDate(output, dateTime?.toLocalDate() ?? null)
        writeLocalTime(output, dateTime?.toLocalTime() ?? null)
      }
    case 'INSTANT':
      return (output, value) => {
        const instant = value === null ? null : acceptInstant(value, path)
        output.int64(instant?.epochSecond() ?? LEAST_LONG)
        output.int32(instant?.nano() ?? LEAST_INT)
      }
    case 'VOID':
      return (output, value) => {
        if (value !== null) throw misfit(path, 'null (VOID)', value)
        output.int8(0)
      }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return arrayWriter(type, path)
    case 'MAP':
      return mapWriter(type, path)
    case 'TUPLE':
      return tupleWriter(type.types, path)
    case 'ROW':
      return rowWriter(type.names, type.types, path)
    default:
      throw notFlinks(type.type, path)
  }
}

const sqlDateMillis = (date: LocalDate, path: string): number => sqlMillis(date, path, () => sqlDateToMillis(date))

function writeBigInt(output: DataOutput, value: bigint | null): void {
  const shortForm = SHORT_FORMS.indexOf(value)
  if (shortForm >= 0) {
    output.int32(shortForm)
    return
  }
  if (value === null) return
  // The bits of a negative number are those of its complement, which is one less than its absolute value.
  const magnitude = (value < 0n ? -value - 1n : value).toString(16)
  const bits = (magnitude.length - 1) * 4 + Math.ceil(Math.log2(Number.parseInt(magnitude[0]!, 16) + 1))
  const bytes = (bits >> 3) + 1
  const digits = BigInt.asUintN(bytes * 8, value).toString(16)
  output.int32(bytes + 4)
  output.raw(Buffer.from(digits.padStart(bytes * 2, '0'), 'hex'))
}

function writeLocalDate(output: DataOutput, date: LocalDate | null): void {
  output.int32(date?.year() ?? LEAST_INT)
  if (date === null) output.int16(LEAST_SHORT)
  else {
    output.int8(date.monthValue())
    output.int8(date.dayOfMonth())
  }
}

function writeLocalTime(output: DataOutput, time: LocalTime | null): void {
  if (time === null) {
    output.int8(LEAST_BYTE)
    output.int16(LEAST_SHORT)
    output.int32(LEAST_INT)
  } else {
    output.int8(time.hour())
    output.int8(time.minute())
    output.int8(time.second())
    output.int32(time.nano())
  }
}

function arrayWriter(type: ArrayTypeSpec, path: string): Write {
  if (isBytes(type))
    return (output, value) => {
      const bytes = acceptBytes(value, path)
      output.int32(bytes.length)
      output.raw(bytes)
    }
  const writeElement = writerOf(type.element, `${path}[]`)
  const nulls = hasNulls(type)
  return (output, value) => {
    const values = acceptArray(value, type.type, path)
    output.int32(values.length)
    for (let i = 0; i < values.length; i++) {
      const element = values[i] ?? null
      if (nulls) output.int8(element === null ? 0 : 1)
      if (!nulls || element !== null) writeElement(output, element)
    }
  }
}

function mapWriter(type: MapTypeSpec, path: string): Write {
  const inner = `${path}{}`
  const writeKey = writerOf(type.key, inner)
  const writeValue = writerOf(type.value, inner)
  const keyOf = keyOfText(type.key, inner)
  return (output, value) => {
    const entries = acceptEntries(value, path)
    output.int32(entries.size)
    const isMap = value instanceof Map
    for (const [key, item] of entries) {
      writeKey(output, isMap ? (key ?? null) : keyOf(key as string))
      output.int8(item === null || item === undefined ? 1 : 0)
      if (item !== null && item !== undefined) writeValue(output, item)
    }
  }
}

/** The keys of a plain object are text, whatever their type. */
function keyOfText(type: TypeSpec, path: string): (text: string) => unknown {
  switch (type.type) {
    case 'STRING':
    case 'CHAR':
      return text => text
    case 'BYTE':
    case 'SHORT':
    case 'INT':
    case 'LONG':
    case 'BIG_INT':
      return text => {
        if (!/^-?\d+$/.test(text)) throw misfit(path, `a whole number (${type.type})`, text)
        return BigInt(text)
      }
    default:
      return text => {
        throw misfit(path, `a key of a Map: only strings and whole numbers can be an object's (${type.type})`, text)
      }
  }
}

function tupleWriter(types: readonly TypeSpec[], path: string): Write {
  const writers = types.map((type, i) => writerOf(type, fieldPath(path, `f${i}`)))
  return (output, value) => {
    const values = acceptArray(value, 'TUPLE', path)
    if (values.length !== writers.length) throw misfit(path, `an array of ${writers.length} (TUPLE)`, value)
    if (writers.length === 0) output.int8(EMPTY_TUPLE)
    for (let i = 0; i < writers.length; i++) writers[i]!(output, values[i] ?? null)
  }
}

function rowWriter(names: readonly string[], types: readonly TypeSpec[], path: string): Write {
  const writers = types.map((type, i) => writerOf(type, fieldPath(path, names[i]!)))
  const known = new Set(names)
  const count = names.length
  return (output, value) => {
    const row = acceptObject(value, 'ROW', path)
    const values: unknown[] = []
    let mask = 0
    for (let i = 0, bit = KIND_BITS; i < count; i++, bit++) {
      const field = getField(row, names[i]!)
      if (field === undefined) refuseOtherNames(row, known, path)
      values.push(field)
      if (field === null || field === undefined) mask |= 0x80 >> (bit & 7)
      if ((bit & 7) === 7) {
        output.int8(mask)
        mask = 0
      }
    }
    if (((count + KIND_BITS) & 7) !== 0) output.int8(mask)
    for (let i = 0; i < count; i++) {
      const field = values[i]
      if (field !== null && field !== undefined) writers[i]!(output, field)
    }
  }
}
