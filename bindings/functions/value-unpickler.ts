/**
 * The pickle of a bundle's results, `(type, [value, ...])`, as Python's C pickler writes it (protocol 4), to JavaScript values. It knows
 * the classes of Python's standard library that schemas take, and this package's; of other classes it takes objects that
 * are no more than their attributes, such as data classes. Nothing of a pickle is ever called here.
 */
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { BridgeError } from '../../core/foundation/errors.ts'
import { Decimal } from '../../schemas/contracts/decimal.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

/** What is no value by itself: it must have become part of one when the pickle ends. */
abstract class Part {
  abstract readonly isPart: true
}

/** What a pickle names by module and name. */
class Global extends Part {
  readonly isPart = true
  readonly path: string

  constructor(module: string, name: string) {
    super()
    this.path = `${module}.${name}`
  }
}

/** Values and, where Python had rows, what is made of their tuples. */
export interface UnpickledValues {
  readonly values: unknown[]
  readonly type: TypeSpec | null
}

/** @throws BridgeError naming what the engine does not know */
export function unpickleValues(pickle: Buffer): UnpickledValues {
  const [json, values] = new Unpickler(pickle).load() as [string | null, unknown[]]
  if (json === null) return { values, type: null }
  const type = typeOf(json)
  const convert = converterOf(type)
  return { values: convert === null ? values : values.map(convert), type }
}

const types = new Map<string, TypeSpec>()

function typeOf(json: string): TypeSpec {
  let type = types.get(json)
  if (type === undefined) {
    type = JSON.parse(json) as TypeSpec
    types.set(json, type)
  }
  return type
}

class Unpickler {
  readonly #bytes: Buffer
  #at = 0
  readonly #stack: unknown[] = []
  readonly #memo: unknown[] = []
  #marks: number[] = []
  /** On the stack, and in what lies there. */
  #parts = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  load(): unknown {
    const stack = this.#stack
    const bytes = this.#bytes
    for (;;) {
      const code = bytes[this.#at++]
      switch (code) {
        case 0x80: // PROTO
          this.#at += 1
          break
        case 0x95: // FRAME
          this.#at += 8
          break
        case 0x2e: // STOP
          if (this.#parts > 0) throw unknownClass('a class, a function, a timedelta or an object without attributes')
          return stack.pop()
        case 0x28: // MARK
          this.#marks.push(stack.length)
          break
        case 0x30: // POP
          stack.pop()
          break
        case 0x4e:
          stack.push(null)
          break
        case 0x88:
          stack.push(true)
          break
        case 0x89:
          stack.push(false)
          break
        case 0x4b: // BININT1
          stack.push(bytes[this.#at++])
          break
        case 0x4d: // BININT2
          stack.push(bytes.readUInt16LE(this.#take(2)))
          break
        case 0x4a: // BININT
          stack.push(bytes.readInt32LE(this.#take(4)))
          break
        case 0x8a: // LONG1
          stack.push(this.#long(bytes[this.#at++]!))
          break
        case 0x8b: // LONG4
          stack.push(this.#long(bytes.readUInt32LE(this.#take(4))))
          break
        case 0x47: // BINFLOAT
          stack.push(bytes.readDoubleBE(this.#take(8)))
          break
        case 0x8c: // SHORT_BINUNICODE
          stack.push(this.#text(bytes[this.#at++]!))
          break
        case 0x58: // BINUNICODE
          stack.push(this.#text(bytes.readUInt32LE(this.#take(4))))
          break
        case 0x8d: // BINUNICODE8
          stack.push(this.#text(Number(bytes.readBigUInt64LE(this.#take(8)))))
          break
        case 0x43: // SHORT_BINBYTES
          stack.push(this.#binary(bytes[this.#at++]!))
          break
        case 0x42: // BINBYTES
          stack.push(this.#binary(bytes.readUInt32LE(this.#take(4))))
          break
        case 0x8e: // BINBYTES8
        case 0x96: // BYTEARRAY8
          stack.push(this.#binary(Number(bytes.readBigUInt64LE(this.#take(8)))))
          break
        case 0x94: // MEMOIZE
          this.#memorize(stack.at(-1))
          break
        case 0x68: // BINGET
          this.#push(this.#memo[bytes[this.#at++]!])
          break
        case 0x6a: // LONG_BINGET
          this.#push(this.#memo[bytes.readUInt32LE(this.#take(4))])
          break
        case 0x29: // EMPTY_TUPLE
        case 0x5d: // EMPTY_LIST
          stack.push([])
          break
        case 0x85: // TUPLE1, 2, 3
        case 0x86:
        case 0x87:
          stack.push(stack.splice(stack.length - (code - 0x84)))
          break
        case 0x74: // TUPLE
          stack.push(this.#sinceMark())
          break
        case 0x61: {
          // APPEND
          const item = stack.pop()
          const list = stack.at(-1)
          if (!Array.isArray(list)) throw unknownClass(`a value of class ${pathOf(list)}`)
          list.push(item)
          break
        }
        case 0x65: // APPENDS
        case 0x90: {
          // ADDITEMS
          const items = this.#sinceMark()
          const list = stack.at(-1)
          if (!Array.isArray(list)) throw unknownClass(`a value of class ${pathOf(list)}`)
          for (const item of items) list.push(item)
          break
        }
        case 0x7d: // EMPTY_DICT
          stack.push({})
          break
        case 0x73: {
          // SETITEM
          const value = stack.pop()
          const key = stack.pop()
          this.#put([key, value])
          break
        }
        case 0x75: // SETITEMS
          this.#put(this.#sinceMark())
          break
        case 0x8f: // EMPTY_SET
          stack.push([])
          break
        case 0x91: // FROZENSET
          stack.push(this.#sinceMark())
          break
        case 0x93: {
          // STACK_GLOBAL
          const name = stack.pop() as string
          this.#push(new Global(stack.pop() as string, name))
          break
        }
        case 0x52: {
          // REDUCE
          const args = this.#pop() as unknown[]
          for (const arg of args) if (arg instanceof Part) this.#parts--
          this.#push(made((this.#pop() as Global).path, args))
          break
        }
        case 0x81: {
          // NEWOBJ
          const args = stack.pop() as unknown[]
          const { path } = this.#pop() as Global
          if (args.length > 0) throw unknownClass(`a value of class ${path}`)
          this.#push(new PythonObject(path))
          break
        }
        case 0x92: {
          // NEWOBJ_EX
          stack.length -= 2
          throw unknownClass(`a value of class ${pathOf(stack.pop())}`)
        }
        case 0x62: {
          // BUILD
          const state = stack.pop()
          stack.push(this.#build(this.#pop(), state))
          break
        }
        default:
          throw new BridgeError(
            'PROTOCOL_VIOLATED',
            code === undefined
              ? 'A pickle of values ends too early.'
              : `A pickle of values has the operation 0x${code.toString(16)}, which is not known here.`,
          )
      }
    }
  }

  #push(value: unknown): void {
    if (value instanceof Part) this.#parts++
    this.#stack.push(value)
  }

  #pop(): unknown {
    const value = this.#stack.pop()
    if (value instanceof Part) this.#parts--
    return value
  }

  #memorize(value: unknown): void {
    if (value instanceof PythonObject) value.memo = this.#memo.length
    this.#memo.push(value)
  }

  /** An object is memorised before it is built: its place is taken by what it then is. */
  #build(object: unknown, state: unknown): unknown {
    if (!(object instanceof PythonObject)) throw unknownClass('an object with a state of its own')
    const built = builtFrom(object.path, attributes(state))
    if (object.memo >= 0) this.#memo[object.memo] = built
    return built
  }

  #take(count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }

  #text(length: number): string {
    const at = this.#take(length)
    const text = this.#bytes.utf8Slice(at, at + length)
    return text.includes('\ufffd') ? textWithSurrogates(this.#bytes.subarray(at, at + length)) : text
  }

  #binary(length: number): Buffer {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  #long(length: number): number | bigint {
    if (length === 0) return 0
    const at = this.#take(length)
    const digits = Buffer.from(this.#bytes.subarray(at, at + length))
      .reverse()
      .toString('hex')
    const n = BigInt.asIntN(length * 8, BigInt(`0x${digits}`))
    const asNumber = Number(n)
    return Number.isSafeInteger(asNumber) ? asNumber : n
  }

  #sinceMark(): unknown[] {
    return this.#stack.splice(this.#marks.pop()!)
  }

  /** A dict is an object as long as its keys are strings. */
  #put(items: readonly unknown[]): void {
    const stack = this.#stack
    let dict = stack.at(-1) as Record<string, unknown> | Map<unknown, unknown>
    if (dict instanceof Part) throw unknownClass(`a value of class ${pathOf(dict)}`)
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]
      if (dict instanceof Map) dict.set(key, items[i + 1])
      else if (typeof key !== 'string') {
        dict = new Map<unknown, unknown>(Object.entries(dict)).set(key, items[i + 1])
        const before = stack.pop()
        stack.push(dict)
        // From the end, where it mostly is: a value of many such dicts would be looked through for each of them.
        const index = this.#memo.lastIndexOf(before)
        if (index >= 0) this.#memo[index] = dict
      } else set(dict, key, items[i + 1])
    }
  }
}

function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

/** An object of which only the class is known until it is built. */
class PythonObject extends Part {
  readonly isPart = true
  readonly path: string
  memo = -1

  constructor(path: string) {
    super()
    this.path = path
  }
}

const pathOf = (value: unknown): string => (value as { readonly path?: string } | undefined)?.path ?? 'unknown'

/** Half a pair of UTF-16, which a `str` may hold, Python writes in three bytes as if it were a character. */
function textWithSurrogates(bytes: Buffer): string {
  let text = ''
  let from = 0
  for (let at = bytes.indexOf(SURROGATE); at >= 0; at = bytes.indexOf(SURROGATE, at + 1)) {
    if (bytes[at + 1]! < 0xa0) continue
    const unit = 0xd000 | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f)
    text += bytes.utf8Slice(from, at) + String.fromCharCode(unit)
    from = at + 3
  }
  return text + bytes.utf8Slice(from, bytes.length)
}

const SURROGATE = 0xed

function attributes(state: unknown): Record<string, unknown> {
  // Of a class with slots: its dictionary, if any, and its slots.
  if (Array.isArray(state)) return Object.assign({}, ...(state as object[])) as Record<string, unknown>
  if (state instanceof Map) throw unknownClass('an object whose attributes have no names')
  return (state ?? {}) as Record<string, unknown>
}

function builtFrom(path: string, state: Record<string, unknown>): unknown {
  switch (path) {
    case 'uuid.UUID': {
      const hex = BigInt(state.int as number | bigint)
        .toString(16)
        .padStart(32, '0')
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    }
    case 'shardline.common.time.Instant':
      return instantOf(state.seconds as number | bigint, state.nanos as number)
    default:
      return state
  }
}

/** What a call of a class or function would give. */
function made(path: string, args: readonly unknown[]): unknown {
  switch (path) {
    case 'decimal.Decimal':
      return decimalOf(args[0] as string)
    case 'datetime.date':
      return dateOf(args[0] as Buffer)
    case 'datetime.time':
      if (args.length > 1) throw unknownClass('a datetime.time with a zone')
      return timeOf(args[0] as Buffer)
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

class TimeDelta extends Part {
  readonly isPart = true
  readonly seconds: number

  constructor(seconds: number) {
    super()
    this.seconds = seconds
  }
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

const dateOf = (packed: Buffer): LocalDate => LocalDate.of(packed.readUInt16BE(0), packed[2]! & 0x7f, packed[3]!)

const timeOf = (packed: Buffer): LocalTime =>
  LocalTime.of(packed[0]! & 0x7f, packed[1], packed[2], packed.readUIntBE(3, 3) * 1000)

/** Without a zone what a clock on the wall shows; with one, an instant. */
function dateTimeOf(packed: Buffer, zone: unknown): LocalDateTime | Instant {
  const date = dateOf(packed)
  const time = timeOf(packed.subarray(4))
  if (zone === undefined) return LocalDateTime.of(date, time)
  if (!(zone instanceof TimeDelta)) throw unknownClass('a datetime whose zone is none of datetime.timezone')
  return Instant.ofEpochSecond(date.toEpochDay() * 86_400 + time.toSecondOfDay() - zone.seconds, time.nano())
}

function rowOf(values: unknown[], names: readonly string[] | null): unknown {
  if (names === null) return values
  const row: Record<string, unknown> = {}
  names.forEach((name, i) => set(row, name, values[i]))
  return row
}

function unknownClass(what: string): BridgeError {
  return new BridgeError(
    'ILLEGAL_STATE',
    `A Python function gave ${what}, which the engine does not know. Give str, bytes, int, float, bool, None, list, tuple, dict, Row, Decimal, date, time, datetime, UUID, or data classes of these.`,
  )
}

// ---- rows

type Convert = (value: unknown) => unknown

/** Makes objects of the tuples that stand for rows; null: there are none in values of this type. */
function converterOf(type: TypeSpec): Convert | null {
  const known = converters.get(type)
  if (known !== undefined) return known
  const convert = makeConverter(type)
  converters.set(type, convert)
  return convert
}

const converters = new WeakMap<TypeSpec, Convert | null>()

function makeConverter(type: TypeSpec): Convert | null {
  switch (type.type) {
    case 'ROW': {
      const { names } = type
      const convert = type.types.map(makeConverter)
      return orNull(value => {
        const row: Record<string, unknown> = {}
        for (let i = 0; i < names.length; i++) {
          const field = (value as readonly unknown[])[i]
          set(row, names[i]!, convert[i] === null ? field : convert[i]!(field))
        }
        return row
      })
    }
    case 'TUPLE': {
      const convert = type.types.map(makeConverter)
      if (convert.every(c => c === null)) return null
      return orNull(value => (value as unknown[]).map((item, i) => convert[i]?.(item) ?? item))
    }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY': {
      const convert = makeConverter(type.element)
      return convert === null ? null : orNull(value => (value as unknown[]).map(convert))
    }
    case 'MAP': {
      const convert = makeConverter(type.value)
      if (convert === null) return null
      return orNull(value =>
        value instanceof Map
          ? new Map([...value].map(([k, v]: [unknown, unknown]) => [k, convert(v)]))
          : Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, convert(v)])),
      )
    }
    default:
      return null
  }
}

const orNull =
  (convert: Convert): Convert =>
  value =>
    value === null ? null : convert(value)
