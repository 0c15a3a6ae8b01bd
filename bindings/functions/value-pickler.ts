/**
 * JavaScript values to one pickle (protocol 4) of all values of a bundle: `(type, [value, ...])`. Python's own unpickler builds the
 * objects in C, dates and decimals included, and its format is promised to stay. Names of fields and classes are written once a
 * frame and named by number after that. `type` is the JSON of what the values are where Python must make rows of tuples; else None.
 *
 *   JavaScript                          pickle
 *   null, undefined                     None
 *   boolean, string, Buffer             bool, str, bytes
 *   number                              by type: int or float; without one an int where it is whole
 *   bigint                              int
 *   Decimal                             decimal.Decimal(text)
 *   LocalDate, LocalTime,               datetime.date, time, datetime: of their packed bytes
 *     LocalDateTime
 *   Date (and Instant as TIMESTAMP_UTC) datetime.datetime in UTC
 *   Instant                             shardline.common.time.Instant(seconds, nanos)
 *   array                               list; of ROW and TUPLE: tuple
 *   object, Map                         dict; of ROW: tuple
 */
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { Decimal } from '../../schemas/contracts/decimal.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

const PROTO = 0x80
const [STOP, MARK, NONE, TRUE, FALSE] = [0x2e, 0x28, 0x4e, 0x88, 0x89]
const [BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT] = [0x4a, 0x4b, 0x4d, 0x8a, 0x8b, 0x47]
const [SHORT_BINUNICODE, BINUNICODE, SHORT_BINBYTES, BINBYTES] = [0x8c, 0x58, 0x43, 0x42]
const [TUPLE, TUPLE1, TUPLE2] = [0x74, 0x85, 0x86]
const [EMPTY_LIST, APPENDS, EMPTY_DICT, SETITEMS] = [0x5d, 0x65, 0x7d, 0x75]
const [MEMOIZE, BINGET, LONG_BINGET, STACK_GLOBAL, REDUCE] = [0x94, 0x68, 0x6a, 0x93, 0x52]

/** Python's datetime knows years 1 to 9999. */
const MAX_YEAR = 9999
const SHORT_TEXT = 24
const MAX_LONG1_BYTES = 248

type Write = (value: unknown, out: PickleOutput) => void

/** A value that Python has nothing for. */
export class UnpicklableValue extends Error {
  /** Its place in the bundle. */
  readonly index: number

  constructor(index: number, cause: Error) {
    super(cause.message, { cause })
    this.name = 'UnpicklableValue'
    this.index = index
  }
}

/** The payload of a bundle. @throws UnpicklableValue */
export function pickleValues(values: readonly unknown[], type: TypeSpec | null): Buffer {
  const plan = type === null ? DYNAMIC : planOf(type)
  const out = new PickleOutput(values.length * 64 + 256)
  out.two(PROTO, 4)
  out.op(MARK)
  if (plan.json === null) out.op(NONE)
  else out.text(plan.json)
  out.op(EMPTY_LIST)
  out.op(MARK)
  let i = 0
  try {
    for (; i < values.length; i++) plan.write(values[i], out)
  } catch (cause) {
    throw new UnpicklableValue(i, cause as Error)
  }
  out.op(APPENDS)
  out.op(TUPLE)
  out.op(STOP)
  return out.bytes()
}

interface Plan {
  /** null: Python has nothing to make of what it unpickles. */
  readonly json: string | null
  readonly write: Write
}

const plans = new WeakMap<TypeSpec, Plan>()

function planOf(type: TypeSpec): Plan {
  let plan = plans.get(type)
  if (plan === undefined) {
    plan = { json: hasRows(type) ? JSON.stringify(type) : null, write: writerOf(type) }
    plans.set(type, plan)
  }
  return plan
}

function hasRows(type: TypeSpec): boolean {
  switch (type.type) {
    case 'ROW':
      return true
    case 'RECORD':
    case 'TUPLE':
    case 'UNION':
      return type.types.some(hasRows)
    case 'MAP':
      return hasRows(type.key) || hasRows(type.value)
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return hasRows(type.element)
    default:
      return false
  }
}

/** Grows as it is written; remembers what the unpickler has in its memo. */
class PickleOutput {
  #buffer: Buffer
  #at = 0
  readonly #memo = new Map<string, number>()

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes)
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  op(code: number): void {
    if (this.#at === this.#buffer.length) this.#grow(1)
    this.#buffer[this.#at++] = code
  }

  two(a: number, b: number): void {
    if (this.#at + 2 > this.#buffer.length) this.#grow(2)
    this.#buffer[this.#at] = a
    this.#buffer[this.#at + 1] = b
    this.#at += 2
  }

  integer(n: number): void {
    if (this.#at + 10 > this.#buffer.length) this.#grow(10)
    const out = this.#buffer
    if (n >= 0 && n < 0x10000) {
      if (n < 0x100) {
        out[this.#at] = BININT1
        out[this.#at + 1] = n
        this.#at += 2
      } else {
        out[this.#at] = BININT2
        this.#at = out.writeUInt16LE(n, this.#at + 1)
      }
    } else if (n >= -0x80000000 && n < 0x80000000) {
      out[this.#at] = BININT
      this.#at = out.writeInt32LE(n, this.#at + 1)
    } else this.long(BigInt(n))
  }

  long(n: bigint): void {
    let size = 8
    while (size <= MAX_LONG1_BYTES && BigInt.asIntN(size * 8, n) !== n) size += 8
    if (size > MAX_LONG1_BYTES) {
      this.#longer(n)
      return
    }
    this.two(LONG1, size)
    if (this.#at + size > this.#buffer.length) this.#grow(size)
    for (let i = 0; i < size; i += 8) {
      this.#buffer.writeBigInt64LE(BigInt.asIntN(64, n >> BigInt(8 * i)), this.#at)
      this.#at += 8
    }
  }

  #longer(n: bigint): void {
    const size = (n.toString(16).length >> 1) + 1
    const digits = BigInt.asUintN(size * 8, n)
      .toString(16)
      .padStart(size * 2, '0')
    if (this.#at + 5 > this.#buffer.length) this.#grow(5)
    this.#buffer[this.#at] = LONG4
    this.#at = this.#buffer.writeUInt32LE(size, this.#at + 1)
    this.#raw(Buffer.from(digits, 'hex').reverse())
  }

  float(n: number): void {
    if (this.#at + 9 > this.#buffer.length) this.#grow(9)
    this.#buffer[this.#at] = BINFLOAT
    this.#at = this.#buffer.writeDoubleBE(n, this.#at + 1)
  }

  text(text: string): void {
    const length = text.length
    if (this.#at + length * 3 + 5 > this.#buffer.length) this.#grow(length * 3 + 5)
    const out = this.#buffer
    if (length <= SHORT_TEXT) {
      let at = this.#at + 2
      let i = 0
      for (; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0x7f) break
        out[at++] = code
      }
      if (i === length) {
        out[this.#at] = SHORT_BINUNICODE
        out[this.#at + 1] = length
        this.#at = at
        return
      }
    }
    const written = out.write(text, this.#at + 5)
    out[this.#at] = BINUNICODE
    out.writeUInt32LE(written, this.#at + 1)
    this.#at += 5 + written
  }

  binary(bytes: Uint8Array): void {
    const { length } = bytes
    if (this.#at + length + 5 > this.#buffer.length) this.#grow(length + 5)
    if (length < 0x100) {
      this.#buffer[this.#at] = SHORT_BINBYTES
      this.#buffer[this.#at + 1] = length
      this.#at += 2
    } else {
      this.#buffer[this.#at] = BINBYTES
      this.#at = this.#buffer.writeUInt32LE(length, this.#at + 1)
    }
    this.#raw(bytes)
  }

  #raw(bytes: Uint8Array): void {
    if (this.#at + bytes.length > this.#buffer.length) this.#grow(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** A text that comes again and again in the frame. */
  name(name: string): void {
    if (!this.#remembered(name)) {
      this.text(name)
      this.op(MEMOIZE)
    }
  }

  /** What follows is the arguments, as a tuple, and then REDUCE. */
  global(module: string, name: string): void {
    if (this.#remembered(`${module}\n${name}`)) return
    this.text(module)
    this.text(name)
    this.op(STACK_GLOBAL)
    this.op(MEMOIZE)
  }

  /** Writes what gets it from the memo; false: it is not there yet, and gets the next number. */
  #remembered(key: string): boolean {
    const index = this.#memo.get(key)
    if (index === undefined) {
      this.#memo.set(key, this.#memo.size)
      return false
    }
    if (index < 0x100) this.two(BINGET, index)
    else {
      if (this.#at + 5 > this.#buffer.length) this.#grow(5)
      this.#buffer[this.#at] = LONG_BINGET
      this.#at = this.#buffer.writeUInt32LE(index, this.#at + 1)
    }
    return true
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

// ---- values of a known type

const nullable =
  (write: Write): Write =>
  (value, out) => {
    if (value === null || value === undefined) out.op(NONE)
    else write(value, out)
  }

function writerOf(type: TypeSpec): Write {
  switch (type.type) {
    case 'STRING':
    case 'CHAR':
      return (value, out) => {
        if (typeof value === 'string') out.text(value)
        else writeAny(value, out)
      }
    case 'FLOAT':
    case 'DOUBLE':
      return (value, out) => {
        if (typeof value === 'number') out.float(value)
        else writeAny(value, out)
      }
    case 'BYTE':
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return (value, out) => {
        if (typeof value === 'number') out.integer(value)
        else writeAny(value, out)
      }
    case 'TIMESTAMP_UTC':
      return nullable((value, out) => {
        writeUtc(value instanceof Date ? Instant.ofEpochMilli(value.getTime()) : (value as Instant), out)
      })
    case 'UUID':
      return nullable((value, out) => {
        out.global('uuid', 'UUID')
        out.text(value as string)
        out.two(TUPLE1, REDUCE)
      })
    case 'RECORD':
      return nullable(recordWriter(type.names, type.types))
    case 'ROW':
      return nullable(rowWriter(type.names, type.types))
    case 'TUPLE': {
      const writers = type.types.map(writerOf)
      return nullable((value, out) => {
        out.op(MARK)
        writers.forEach((write, i) => write((value as readonly unknown[])[i], out))
        out.op(TUPLE)
      })
    }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return isBytes(type) ? writeAny : nullable(listWriter(writerOf(type.element)))
    case 'MAP':
      return nullable(mapWriter(writerOf(type.key), writerOf(type.value)))
    case 'UNION':
      return unionWriter(type.types)
    default:
      return writeAny
  }
}

function recordWriter(names: readonly string[], types: readonly TypeSpec[]): Write {
  const writers = types.map(writerOf)
  return (value, out) => {
    out.two(EMPTY_DICT, MARK)
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      out.name(name)
      writers[i]!((value as Record<string, unknown>)[name], out)
    }
    out.op(SETITEMS)
  }
}

function rowWriter(names: readonly string[], types: readonly TypeSpec[]): Write {
  const writers = types.map(writerOf)
  return (value, out) => {
    out.op(MARK)
    for (let i = 0; i < names.length; i++) writers[i]!((value as Record<string, unknown>)[names[i]!], out)
    out.op(TUPLE)
  }
}

function listWriter(write: Write): Write {
  return (value, out) => {
    out.two(EMPTY_LIST, MARK)
    for (const item of value as Iterable<unknown>) write(item, out)
    out.op(APPENDS)
  }
}

function mapWriter(writeKey: Write, writeValue: Write): Write {
  return (value, out) => {
    out.two(EMPTY_DICT, MARK)
    const entries = value instanceof Map ? value : Object.entries(value as object)
    for (const [key, item] of entries as Iterable<[unknown, unknown]>) {
      writeKey(key, out)
      writeValue(item, out)
    }
    out.op(SETITEMS)
  }
}

/** Numbers are of the only numeric type that there is; the rest shows by itself what it is. */
function unionWriter(types: readonly TypeSpec[]): Write {
  const concrete = types.filter(t => t.type !== 'VOID')
  if (concrete.length === 1) return nullable(writerOf(concrete[0]!))
  const floats = concrete.filter(t => t.type === 'FLOAT' || t.type === 'DOUBLE').length
  const integers = concrete.filter(t => t.type === 'INT' || t.type === 'LONG').length
  const objects = concrete.filter(t => t.type === 'RECORD' || t.type === 'MAP' || t.type === 'ROW')
  const ofObject = objects.length === 1 ? writerOf(objects[0]!) : writeAny
  const arrays = concrete.filter(t => t.type === 'LIST')
  const ofArray = arrays.length === 1 ? writerOf(arrays[0]!) : writeAny
  const ofUuid = concrete.some(t => t.type === 'UUID') && !concrete.some(t => t.type === 'STRING')
  const ofText = ofUuid ? writerOf({ type: 'UUID' }) : writeAny
  const ofInstant = concrete.some(t => t.type === 'TIMESTAMP_UTC') ? writerOf({ type: 'TIMESTAMP_UTC' }) : writeAny
  return (value, out) => {
    if (typeof value === 'number' && floats > 0 && integers === 0) out.float(value)
    else if (typeof value === 'string') ofText(value, out)
    else if (value instanceof Instant) ofInstant(value, out)
    else if (Array.isArray(value)) ofArray(value, out)
    else if (isPlain(value)) ofObject(value, out)
    else writeAny(value, out)
  }
}

const isPlain = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

// ---- values that show what they are

function writeAny(value: unknown, out: PickleOutput): void {
  switch (typeof value) {
    case 'string':
      out.text(value)
      break
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) out.integer(value)
      else out.float(value)
      break
    case 'boolean':
      out.op(value ? TRUE : FALSE)
      break
    case 'bigint':
      out.long(value)
      break
    case 'undefined':
      out.op(NONE)
      break
    case 'object':
      writeObject(value, out)
      break
    default:
      throw new RangeError(`A ${typeof value} cannot go to a Python function.`)
  }
}

function writeObject(value: object | null, out: PickleOutput): void {
  if (value === null) out.op(NONE)
  else if (Array.isArray(value)) LIST(value, out)
  else if (value instanceof Uint8Array) out.binary(value)
  else if (value instanceof Date) writeUtc(Instant.ofEpochMilli(value.getTime()), out)
  else if (value instanceof Decimal) {
    out.global('decimal', 'Decimal')
    out.text(value.toString())
    out.two(TUPLE1, REDUCE)
  } else if (value instanceof LocalDate) packed(out, 'date', dateBytes(value))
  else if (value instanceof LocalTime) packed(out, 'time', timeBytes(value))
  else if (value instanceof LocalDateTime) packed(out, 'datetime', dateTimeBytes(value))
  else if (value instanceof Instant) {
    out.global('shardline.common.time', 'Instant')
    out.integer(value.epochSecond())
    out.integer(value.nano())
    out.two(TUPLE2, REDUCE)
  } else if (ArrayBuffer.isView(value)) LIST([...(value as unknown as Iterable<number>)], out)
  else OBJECT(value, out)
}

const LIST = listWriter(writeAny)
const OBJECT = mapWriter((key, out) => (typeof key === 'string' ? out.name(key) : writeAny(key, out)), writeAny)
const DYNAMIC: Plan = { json: null, write: writeAny }

function packed(out: PickleOutput, name: string, bytes: Buffer): void {
  out.global('datetime', name)
  out.binary(bytes)
  out.two(TUPLE1, REDUCE)
}

function writeUtc(instant: Instant, out: PickleOutput): void {
  const seconds = instant.epochSecond()
  const day = Math.floor(seconds / 86_400)
  const date = LocalDate.ofEpochDay(day)
  const time = LocalTime.ofNanoOfDay((seconds - day * 86_400) * 1e9 + instant.nano())
  out.global('datetime', 'datetime')
  out.binary(Buffer.concat([dateBytes(date), timeBytes(time)]))
  out.global('datetime', 'timezone.utc')
  out.two(TUPLE2, REDUCE)
}

function dateBytes(date: LocalDate): Buffer {
  const year = date.year()
  if (year < 1 || year > MAX_YEAR)
    throw new RangeError(`${date.toString()} cannot go to Python, whose years are 1 to ${MAX_YEAR}.`)
  return Buffer.of(year >> 8, year & 0xff, date.monthValue(), date.dayOfMonth())
}

function timeBytes(time: LocalTime): Buffer {
  const micros = Math.floor(time.nano() / 1000)
  return Buffer.of(time.hour(), time.minute(), time.second(), micros >> 16, (micros >> 8) & 0xff, micros & 0xff)
}

const dateTimeBytes = (value: LocalDateTime): Buffer =>
  Buffer.concat([dateBytes(value.toLocalDate()), timeBytes(value.toLocalTime())])
