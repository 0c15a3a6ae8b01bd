/**
 * Checks the JavaScript values of Flink's types, for every format that writes them. A value that does not fit is VALUE_INVALID, with the
 * path to its field. It is never wrapped or truncated.
 */
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { Decimal } from '../contracts/decimal.ts'
import { valueInvalid } from '../contracts/value-codec.ts'
import type { ShardlineError } from '../../core/foundation/errors.ts'

const MAX_SHOWN = 60
const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

const RANGES = {
  BYTE: [-128, 127],
  SHORT: [-32768, 32767],
  INT: [-2147483648, 2147483647],
} as const

/** `path` is such as `order.items[].price`. The empty path is the value itself. */
export function misfit(path: string, wants: string, value: unknown): ShardlineError {
  return valueInvalid(`${path === '' ? 'The value' : `Field '${path}'`} must be ${wants}, but is ${show(value)}.`)
}

export const fieldPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

function show(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return `'${cut(value)}'`
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
    return cut(typeof value === 'bigint' ? `${value}n` : String(value))
  if (typeof value !== 'object') return `a ${typeof value}`
  return Array.isArray(value) ? 'an array' : 'an object'
}

const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text)

export function acceptInteger(value: unknown, type: 'BYTE' | 'SHORT' | 'INT', path: string): number {
  const [min, max] = RANGES[type]
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  if (typeof value === 'bigint' && value >= min && value <= max) return Number(value)
  throw misfit(path, `a whole number from ${min} to ${max} (${type})`, value)
}

export function acceptLong(value: unknown, path: string): number | bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  if (typeof value === 'bigint' && value >= LONG_MIN && value <= LONG_MAX) return value
  throw misfit(path, 'a whole number of 64 bits, as a bigint beyond 2^53 - 1 (LONG)', value)
}

export function acceptBigInt(value: unknown, path: string): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  throw misfit(path, 'a whole number, as a bigint beyond 2^53 - 1 (BIG_INT)', value)
}

export function acceptDecimal(value: unknown, path: string): Decimal {
  if (value instanceof Decimal) return value
  if (typeof value === 'bigint') return new Decimal(value, 0)
  if (typeof value === 'number' && Number.isFinite(value)) return Decimal.parse(String(value))
  throw misfit(path, 'a Decimal (BIG_DEC)', value)
}

export function acceptNumber(value: unknown, type: 'FLOAT' | 'DOUBLE', path: string): number {
  if (typeof value === 'number') return value
  throw misfit(path, `a number (${type})`, value)
}

export function acceptBoolean(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  throw misfit(path, 'true or false (BOOLEAN)', value)
}

export function acceptString(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw misfit(path, 'a string (STRING)', value)
}

export function acceptChar(value: unknown, path: string): string {
  if (typeof value === 'string' && value.length === 1) return value
  throw misfit(path, 'a string of one UTF-16 unit (CHAR)', value)
}

export function acceptBytes(value: unknown, path: string): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw misfit(path, 'a Buffer or Uint8Array (PRIMITIVE_ARRAY of BYTE)', value)
}

export function acceptArray(value: unknown, type: string, path: string): ArrayLike<unknown> {
  if (Array.isArray(value)) return value as readonly unknown[]
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value as unknown as ArrayLike<unknown>
  throw misfit(path, `an array (${type})`, value)
}

export function acceptObject(value: unknown, type: string, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw misfit(path, `an object by field name (${type})`, value)
}

/** Accepts a Map, or an object whose names are the keys as text. */
export function acceptEntries(value: unknown, path: string): Iterable<readonly [unknown, unknown]> & { size: number } {
  if (value instanceof Map) return value as Map<unknown, unknown>
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value)
    return Object.assign(entries, { size: entries.length })
  }
  throw misfit(path, 'a Map or an object (MAP)', value)
}

/** Called when a field is missing. An unknown name in the row is an error then, because the field was probably misspelled. */
export function refuseOtherNames(row: object, names: ReadonlySet<string>, path: string): void {
  // Such objects have no names that could be compared.
  if (row instanceof Map || row instanceof Set || row instanceof Date)
    throw valueInvalid(
      `${path === '' ? 'The value' : `Field '${path}'`} must be an object by field name, but is a ${row.constructor.name}.`,
    )
  for (const name of Object.keys(row))
    if (!names.has(name))
      throw valueInvalid(
        `${path === '' ? 'The row' : `The row in field '${path}'`} has no field '${name}'. Its fields are: ${[...names].join(', ')}.`,
      )
}

export function acceptLocalDate(value: unknown, type: string, path: string): LocalDate {
  if (value instanceof LocalDate) return value
  throw misfit(path, `a LocalDate of @js-joda/core (${type})`, value)
}

export function acceptLocalTime(value: unknown, type: string, path: string): LocalTime {
  if (value instanceof LocalTime) return value
  throw misfit(path, `a LocalTime of @js-joda/core (${type})`, value)
}

export function acceptLocalDateTime(value: unknown, type: string, path: string): LocalDateTime {
  if (value instanceof LocalDateTime) return value
  throw misfit(path, `a LocalDateTime of @js-joda/core (${type})`, value)
}

export function acceptInstant(value: unknown, path: string): Instant {
  if (value instanceof Instant) return value
  throw misfit(path, 'an Instant of @js-joda/core (INSTANT)', value)
}
