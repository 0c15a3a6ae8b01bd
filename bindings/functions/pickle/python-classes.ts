// The classes of Python that a pickle may name, and the JavaScript values of their objects. These are the classes of the
// standard library that schemas accept, and those of this package. An object of any other class becomes an object of its
// attributes, such as a data class, when the pickle calls nothing to make it. Nothing of a pickle is ever called here.
//
// | class                                | becomes                                     |
// |--------------------------------------|---------------------------------------------|
// | decimal.Decimal                      | Decimal                                     |
// | datetime.date, time                  | LocalDate, LocalTime                        |
// | datetime.datetime                    | LocalDateTime; Instant when it has a zone   |
// | uuid.UUID                            | text                                        |
// | Row                                  | an object; an array when it has no names    |
// | RowKind                              | its number                                  |
// | Instant of this package              | Instant                                     |
// | bytearray, OrderedDict               | Buffer, object                              |
import { Instant } from '@js-joda/core'
import type { LocalDateTime } from '@js-joda/core'

import { BridgeError } from '../../../core/foundation/errors.ts'
import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { unpackDate, unpackDateTime, unpackInstant, unpackTime } from './packed-datetime.ts'

/** What is not a value by itself. It must have become part of a value when the pickle ends. */
export abstract class Part {
  abstract readonly isPart: true
}

/** A class or a function, which a pickle names by module and name. */
export class Global extends Part {
  readonly isPart = true
  readonly path: string

  constructor(module: string, name: string) {
    super()
    this.path = `${module}.${name}`
  }
}

/** An object before its BUILD, of which only the class is known. */
export class PythonObject extends Part {
  readonly isPart = true
  readonly path: string
  /** Its place in the memo; -1 when it has none. */
  memo = -1

  constructor(path: string) {
    super()
    this.path = path
  }
}

class TimeDelta extends Part {
  readonly isPart = true
  readonly seconds: number

  constructor(seconds: number) {
    super()
    this.seconds = seconds
  }
}

/** Returns what REDUCE of a class or a function with these arguments makes. */
export function callResult(path: string, args: readonly unknown[]): unknown {
  switch (path) {
    case 'decimal.Decimal':
      return decimalOf(args[0] as string)
    case 'datetime.date':
      return unpackDate(args[0] as Buffer)
    case 'datetime.time':
      if (args.length > 1) throw unknownClass('a datetime.time with a zone')
      return unpackTime(args[0] as Buffer)
    case 'datetime.datetime':
      return dateTimeOf(args[0] as Buffer, args[1])
    case 'datetime.timedelta':
      return new TimeDelta((args[0] as number) * 86_400 + (args[1] as number))
    case 'datetime.timezone':
      return args[0]
    case 'shardline.common.types._restore':
      return rowOf(args[0] as unknown[], args[1] as string[] | null)
    case 'shardline.common.types.RowKind':
      return args[0]
    case 'builtins.bytearray':
      return args[0] ?? Buffer.alloc(0)
    case 'shardline._functions.values._plain':
      return args[0]
    case 'collections.OrderedDict':
      return {}
    default:
      throw unknownClass(`a value of class ${path}`)
  }
}

/** Returns what BUILD of an object of a class with this state makes. */
export function builtObject(path: string, state: unknown): unknown {
  const values = attributes(state)
  switch (path) {
    case 'uuid.UUID': {
      const hex = BigInt(values.int as number | bigint)
        .toString(16)
        .padStart(32, '0')
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    }
    case 'shardline.common.time.Instant':
      return instantOf(values.seconds as number | bigint, values.nanos as number)
    default:
      return values
  }
}

/** Sets a member, whatever its name is. */
export function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

/** Returns the class of a part, for errors. */
export const pathOf = (value: unknown): string => (value as { readonly path?: string } | undefined)?.path ?? 'unknown'

export function unknownClass(what: string): BridgeError {
  return new BridgeError(
    'ILLEGAL_STATE',
    `A Python function gave ${what}, which the engine does not know. Give str, bytes, int, float, bool, None, list, tuple, dict, Row, Decimal, date, time, datetime, UUID, or data classes of these.`,
  )
}

function attributes(state: unknown): Record<string, unknown> {
  // A class with slots has a state of two parts: its dictionary, which may be None, and its slots.
  if (Array.isArray(state)) return Object.assign({}, ...(state as object[])) as Record<string, unknown>
  if (state instanceof Map) throw unknownClass('an object whose attributes have no names')
  return (state ?? {}) as Record<string, unknown>
}

function decimalOf(text: string): Decimal {
  try {
    return Decimal.parse(text)
  } catch (cause) {
    throw new BridgeError('ILLEGAL_STATE', `Decimal('${text}') is no number that a schema could write.`, { cause })
  }
}

function instantOf(seconds: number | bigint, nanos: number): Instant {
  try {
    return Instant.ofEpochSecond(Number(seconds), nanos)
  } catch (cause) {
    throw new BridgeError(
      'ILLEGAL_STATE',
      `A Python function gave an Instant of ${seconds} seconds, which is beyond the years -1000000 to 1000000 that a schema could write.`,
      { cause },
    )
  }
}

/** A datetime without a zone is a local time. With a zone it is an instant. */
function dateTimeOf(packed: Buffer, zone: unknown): LocalDateTime | Instant {
  if (zone === undefined) return unpackDateTime(packed)
  if (zone instanceof TimeDelta) return unpackInstant(packed, zone.seconds)
  throw unknownClass('a datetime whose time zone is not a datetime.timezone')
}

function rowOf(values: unknown[], names: readonly string[] | null): unknown {
  if (names === null) return values
  const row: Record<string, unknown> = {}
  names.forEach((name, i) => setMember(row, name, values[i]))
  return row
}
