/**
 * The JavaScript values of Avro's logical types, in two mappings:
 *
 *   logical type                 generic         row (Flink's AvroSchemaConverter)
 *   decimal                      Decimal         Decimal
 *   date                         LocalDate       LocalDate
 *   time-millis                  LocalTime       LocalTime
 *   time-micros                  LocalTime       LocalTime, in milliseconds
 *   timestamp-millis             Date            LocalDateTime in UTC
 *   timestamp-micros             Instant         LocalDateTime in UTC
 *   local-timestamp-millis       LocalDateTime   the long
 *   local-timestamp-micros       LocalDateTime   the long
 *   uuid                         string          string, not validated
 *
 * A time that is more precise than its type is truncated, as in Avro's Java library. A decimal must fit exactly.
 */
import { Instant, LocalDate, LocalDateTime, LocalTime, ZoneOffset } from '@js-joda/core'

import { Decimal } from '../contracts/decimal.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import { AvroMalformed } from './avro-input.ts'
import { refuse } from './avro-output.ts'
import { optional } from './schema-model.ts'
import type { AvroType, AvroUnion, LogicalType } from './schema-model.ts'

export type ValueMapping = 'generic' | 'row'

export interface LogicalValues {
  readonly spec: TypeSpec
  /** The accepted values, as error messages name them. */
  readonly takes: string
  /** @throws AvroMalformed */
  readonly read: (raw: never) => unknown
  /** @throws AvroRefused */
  readonly write: (value: unknown) => unknown
}

const MILLIS_PER_SECOND = 1000
const MICROS_PER_SECOND = 1_000_000
const NANOS_PER_MILLI = 1_000_000
const NANOS_PER_MICRO = 1000
const DAY_MILLIS = 86_400_000
const MAX_DATE_MILLIS = 8.64e15
/** The first and last day of js-joda's LocalDate, in the years -999999 and 999999. */
const [MIN_DAYS, MAX_DAYS] = [-365_961_662, 364_522_971]
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** `null` when values have the underlying type. */
export function logicalValues(type: AvroType, mapping: ValueMapping): LogicalValues | null {
  const { logical } = type
  if (logical === null) return null
  if (logical.name === 'decimal') return decimalValues(logical, type.kind === 'fixed' ? type.size : null)
  return (mapping === 'row' ? rowValues : genericValues)[logical.name] ?? null
}

/** Whether a value keeps its meaning when it is written as one logical type and read as the other. */
export function sameMeaning(writer: LogicalType | null, reader: LogicalType | null): boolean {
  if (writer === null || reader === null) return true
  if (writer.name === 'decimal') return reader.name === 'decimal' && writer.scale === reader.scale
  return writer.name.replace('local-', '') === reader.name.replace('local-', '')
}

/** In Flink's rows, a union with several branches beside null has Avro's generic values. */
export function branchMapping(union: AvroUnion, mapping: ValueMapping): ValueMapping {
  return union.types.length === 1 || optional(union) !== null ? mapping : 'generic'
}

const malformed = (message: string): never => {
  throw new AvroMalformed(message)
}

const date: LogicalValues = {
  spec: { type: 'LOCAL_DATE' },
  takes: 'a LocalDate',
  read: (days: number) =>
    days >= MIN_DAYS && days <= MAX_DAYS
      ? LocalDate.ofEpochDay(days)
      : malformed(`${days} days are out of range of a date`),
  write: value => (value instanceof LocalDate ? value.toEpochDay() : refuse()),
}

function timeOf(units: number, unitsPerDay: number): LocalTime {
  if (!(units >= 0 && units < unitsPerDay)) return malformed(`${units} is not a time of day`)
  return LocalTime.ofNanoOfDay(units * ((DAY_MILLIS * NANOS_PER_MILLI) / unitsPerDay))
}

const timeMillis: LogicalValues = {
  spec: { type: 'LOCAL_TIME' },
  takes: 'a LocalTime',
  read: (millis: number) => timeOf(millis, DAY_MILLIS),
  write: value => (value instanceof LocalTime ? Math.floor(value.toNanoOfDay() / NANOS_PER_MILLI) : refuse()),
}

const timeMicros: LogicalValues = {
  spec: { type: 'LOCAL_TIME' },
  takes: 'a LocalTime',
  read: (micros: number | bigint) => timeOf(Number(micros), DAY_MILLIS * 1000),
  write: value => (value instanceof LocalTime ? Math.floor(value.toNanoOfDay() / NANOS_PER_MICRO) : refuse()),
}

/** Splits units into seconds and nanoseconds. */
function split(units: number | bigint, perSecond: number): readonly [seconds: number, nanos: number] {
  if (typeof units === 'bigint') {
    const rest = ((units % BigInt(perSecond)) + BigInt(perSecond)) % BigInt(perSecond)
    return [Number((units - rest) / BigInt(perSecond)), Number(rest) * (1e9 / perSecond)]
  }
  const seconds = Math.floor(units / perSecond)
  return [seconds, (units - seconds * perSecond) * (1e9 / perSecond)]
}

/** A number when it is a safe integer, otherwise a bigint. */
function join(seconds: number, nanos: number, perSecond: number): number | bigint {
  const rest = Math.floor((nanos * perSecond) / 1e9)
  const units = seconds * perSecond + rest
  return Number.isSafeInteger(units) ? units : BigInt(seconds) * BigInt(perSecond) + BigInt(rest)
}

function instantOf(units: number | bigint, perSecond: number): Instant {
  const [seconds, nanos] = split(units, perSecond)
  try {
    return Instant.ofEpochSecond(seconds, nanos)
  } catch {
    return malformed(`${units} is out of range of an Instant`)
  }
}

function unitsOfInstant(value: unknown, perSecond: number): number | bigint {
  if (value instanceof Instant) return join(value.epochSecond(), value.nano(), perSecond)
  const millis = value instanceof Date ? value.getTime() : refuse()
  if (Number.isNaN(millis)) refuse()
  const seconds = Math.floor(millis / MILLIS_PER_SECOND)
  return join(seconds, (millis - seconds * MILLIS_PER_SECOND) * NANOS_PER_MILLI, perSecond)
}

const timestampMillis: LogicalValues = {
  spec: { type: 'TIMESTAMP_UTC' },
  takes: 'a Date or an Instant',
  read: (millis: number | bigint) =>
    Math.abs(Number(millis)) <= MAX_DATE_MILLIS
      ? new Date(Number(millis))
      : malformed(`${millis} ms are out of range of a Date`),
  write: value => unitsOfInstant(value, MILLIS_PER_SECOND),
}

const timestampMicros: LogicalValues = {
  spec: { type: 'TIMESTAMP_UTC' },
  takes: 'a Date or an Instant',
  read: (micros: number | bigint) => instantOf(micros, MICROS_PER_SECOND),
  write: value => unitsOfInstant(value, MICROS_PER_SECOND),
}

function dateTimes(perSecond: number, spec: TypeSpec): LogicalValues {
  return {
    spec,
    takes: 'a LocalDateTime',
    read(units: number | bigint) {
      const [seconds, nanos] = split(units, perSecond)
      try {
        return LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC)
      } catch {
        return malformed(`${units} is out of range of a LocalDateTime`)
      }
    },
    write: value =>
      value instanceof LocalDateTime ? join(value.toEpochSecond(ZoneOffset.UTC), value.nano(), perSecond) : refuse(),
  }
}

const uuid: LogicalValues = {
  spec: { type: 'UUID' },
  takes: 'a UUID string',
  read: (text: string) => (UUID.test(text) ? text : malformed(`'${text.slice(0, 40)}' is not a UUID`)),
  write: value => (typeof value === 'string' && UUID.test(value) ? value : refuse()),
}

function decimalValues({ precision, scale }: LogicalType & { name: 'decimal' }, size: number | null): LogicalValues {
  const limit = 10n ** BigInt(precision)
  return {
    spec: { type: 'BIG_DEC' },
    takes: `a Decimal of at most ${precision} digits, ${scale} of them after the point`,
    read: (bytes: Buffer) => new Decimal(integerOf(bytes), scale),
    write(value) {
      const unscaled = value instanceof Decimal ? (value.withScale(scale, precision)?.unscaled ?? refuse()) : refuse()
      if (unscaled >= limit || unscaled <= -limit) refuse()
      return bytesOf(unscaled, size) ?? refuse()
    },
  }
}

/** Big-endian two's complement. Without bytes it is 0. */
function integerOf(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
}

/** The shortest two's complement, or one of `size` bytes. `null` when the value needs more bytes. */
function bytesOf(value: bigint, size: number | null): Buffer | null {
  let length = size ?? 1
  const fits = (): boolean => BigInt.asIntN(length * 8, value) === value
  if (size === null) while (!fits()) length++
  else if (!fits()) return null
  return Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  )
}

const genericValues: Readonly<Record<Exclude<LogicalType['name'], 'decimal'>, LogicalValues>> = {
  date,
  'time-millis': timeMillis,
  'time-micros': timeMicros,
  'timestamp-millis': timestampMillis,
  'timestamp-micros': timestampMicros,
  'local-timestamp-millis': dateTimes(MILLIS_PER_SECOND, { type: 'LOCAL_DATE_TIME' }),
  'local-timestamp-micros': dateTimes(MICROS_PER_SECOND, { type: 'LOCAL_DATE_TIME' }),
  uuid,
}

const rowValues: Readonly<Partial<typeof genericValues>> = {
  date: { ...date, spec: { type: 'SQL_DATE' } },
  'time-millis': { ...timeMillis, spec: { type: 'SQL_TIME' } },
  'time-micros': {
    spec: { type: 'SQL_TIME' },
    takes: 'a LocalTime',
    read: (micros: number | bigint) => timeOf(Math.floor(Number(micros) / 1000), DAY_MILLIS),
    write: value => (timeMillis.write(value) as number) * 1000,
  },
  'timestamp-millis': dateTimes(MILLIS_PER_SECOND, { type: 'SQL_TIMESTAMP' }),
  'timestamp-micros': dateTimes(MICROS_PER_SECOND, { type: 'SQL_TIMESTAMP' }),
}
