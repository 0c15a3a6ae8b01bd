/**
 * JsonRowDeserializationSchema: an object's members by the names of the row's fields, each turned into its field's type as Flink
 * and Jackson turn it:
 *
 *   STRING                 text as it is; what else is read, as JSON has it: true, 5, 2.222225402E7, {"a":1}
 *   BOOLEAN                true, or text that says so in any case; anything else is false
 *   BYTE, SHORT            a whole number, or text of one
 *   INT, LONG              any number, its fraction cut off, or text of a whole one
 *   FLOAT, DOUBLE          any number, or text of one, NaN and Infinity included
 *   BIG_INT, BIG_DEC       a number, or text of one, with all its digits; zeros at the end of a fraction go
 *   SQL_DATE, LOCAL_DATE   `2024-02-29`
 *   SQL_TIME, LOCAL_TIME   `12:34:56Z`
 *   SQL_TIMESTAMP,         `2024-02-29T12:34:56.789Z`
 *     LOCAL_DATE_TIME
 *   INSTANT                the same with any offset, or seconds since 1970
 *   PRIMITIVE_ARRAY of     base64; what is no text is null
 *     BYTE
 *   arrays, LIST           an array
 *   MAP                    an object, its names as text of the key; what is no object is empty
 *   ROW                    an object; names that are no field's are not looked at
 *   VOID                   null
 *
 * JSON.parse is fast and forgets how a number was written. Where that matters, a reader of one field throws NEEDS_TREE, and the
 * record is read again with all its digits (json-tree.ts).
 */
import { Duration, Instant, OffsetDateTime } from '@js-joda/core'

import { ConfigurationError } from '../../core/foundation/errors.ts'
import { Decimal } from '../contracts/decimal.ts'
import type { JsonRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { ArrayTypeSpec, MapTypeSpec, RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueDecoder } from '../contracts/value-codec.ts'
import { recordMalformedBy } from '../contracts/value-codec.ts'
import { fieldPath } from './acceptance.ts'
import { parseBase64 } from './base64.ts'
import { parseLocalDate, parseTimeOfUtc, parseTimestamp } from './date-time-text.ts'
import {
  doubleText,
  longOf,
  parseBigInt,
  parseDecimal,
  parseDouble,
  parseInteger,
  parseLong,
  trim,
} from './java-number.ts'
import { jsonTreeText, numberDecimal, numberText } from './json-text.ts'
import { JsonNumber, parseJsonTree } from './json-tree.ts'
import { setField } from './row-object.ts'
import { unicodeText } from './unicode-text.ts'

/** Of a record that cannot be read, so much is in the message. */
const MAX_SHOWN = 2000
const NEEDS_TREE = Symbol('needs the text of a number, or the order of an object')
const INT_MIN = -2_147_483_648
const INT_MAX = 2_147_483_647
const LONG_LIMIT = 2 ** 63
const LONG_MAX = 2n ** 63n - 1n
const LONG_MAX_DIGITS = 20
/** Nanoseconds of a thousand million years. */
const INSTANT_MAX_DIGITS = 27
/** So many digits a double tells from one another. */
const LONG_DIGITS = /[\d.]{17}/
const FRACTION_OR_EXPONENT = /\d[.eE]/
const EXPONENT = /\d[eE]/
/** What JSON.parse makes, or a JsonTree. */
type Json = unknown
type Read = (json: Json) => unknown

export function jsonRowDecoder(spec: JsonRowSchemaSpec): ValueDecoder {
  if (spec.failOnMissingField && spec.ignoreParseErrors)
    throw new ConfigurationError("JSON format doesn't support failOnMissingField and ignoreParseErrors are both true.")
  const reader = new JsonRowReader(spec)
  return { type: spec.typeInfo, decode: record => reader.decode(record) }
}

class JsonRowReader {
  private readonly spec: JsonRowSchemaSpec
  private readonly read: Read
  /** As Flink does: then numbers with a fraction are decimals in every field. */
  private readonly decimals: boolean
  /** Of the record in hand: for who must know how its numbers were written. */
  private text = ''

  constructor(spec: JsonRowSchemaSpec) {
    this.spec = spec
    this.decimals = hasDecimal(spec.typeInfo)
    this.read = this.reader(spec.typeInfo, '')
  }

  decode(record: Buffer): unknown {
    try {
      this.text = unicodeText(record)
      // A record that is nothing but null is left out, as in Flink.
      return this.value() ?? undefined
    } catch (error) {
      if (this.spec.ignoreParseErrors) return undefined
      const shown = record.toString('utf8', 0, MAX_SHOWN)
      const rest = record.length > MAX_SHOWN ? '...' : ''
      throw recordMalformedBy(`Failed to deserialize JSON '${shown}${rest}'.`, error)
    }
  }

  private value(): unknown {
    try {
      return this.read(JSON.parse(this.text) as Json)
    } catch (error) {
      if (error !== NEEDS_TREE && !(error instanceof SyntaxError)) throw error
    }
    const tree = parseJsonTree(this.text)
    if (tree === undefined) throw new SyntaxError('There is nothing but white space.')
    return this.read(tree)
  }

  private reader(type: TypeSpec, path: string): Read {
    const read = this.plainReader(type, path)
    const { ignoreParseErrors } = this.spec
    return json => {
      if (json === null) return null
      try {
        return read(json)
      } catch (error) {
        if (error === NEEDS_TREE || error instanceof FieldError) throw error
        if (ignoreParseErrors) return null
        throw new FieldError(path, error)
      }
    }
  }

  private plainReader(type: TypeSpec, path: string): Read {
    switch (type.type) {
      case 'STRING':
        return json => (typeof json === 'string' ? json : this.string(json))
      case 'CHAR':
        return json => this.char(json)
      case 'BOOLEAN':
        return json =>
          typeof json === 'boolean' ? json : typeof json === 'string' && trim(json).toLowerCase() === 'true'
      case 'BYTE':
        return json => parseInteger(trim(this.scalarText(json)), -128, 127)
      case 'SHORT':
        return json => parseInteger(trim(this.scalarText(json)), -32_768, 32_767)
      case 'INT':
        return json => this.int(json)
      case 'LONG':
        return json => this.long(json)
      case 'FLOAT':
        return json => Math.fround(this.double(json))
      case 'DOUBLE':
        return json => this.double(json)
      case 'BIG_INT':
        return json => parseBigInt(trim(this.scalarText(json)))
      case 'BIG_DEC':
        return json => this.decimal(json)
      case 'SQL_DATE':
      case 'LOCAL_DATE':
        return json => parseLocalDate(this.scalarText(json))
      case 'SQL_TIME':
      case 'LOCAL_TIME':
        return json => parseTimeOfUtc(this.scalarText(json))
      case 'SQL_TIMESTAMP':
      case 'LOCAL_DATE_TIME':
        return json => parseTimestamp(this.scalarText(json), 'T Z')
      case 'INSTANT':
        return json => this.instant(json)
      case 'VOID':
        return () => null
      case 'LIST':
      case 'BASIC_ARRAY':
      case 'OBJECT_ARRAY':
      case 'PRIMITIVE_ARRAY':
        return isBytes(type) ? bytesOf : this.arrayReader(type, path)
      case 'MAP':
        return this.mapReader(type, path)
      case 'ROW':
        return this.rowReader(type, path)
      default:
        throw new ConfigurationError(
          `JsonRowDeserializationSchema: ${type.type} in field '${path}' cannot be read from JSON.`,
        )
    }
  }

  private string(json: Json): string {
    return isContainer(json) ? this.containerText(json) : this.scalarText(json)
  }

  /** An object's names and numbers as they came. */
  private containerText(json: Json): string {
    if (Array.isArray(json) && json.length === 0) return '[]'
    if (json instanceof Map || (Array.isArray(json) && json.every(isTree))) return jsonTreeText(json, this.decimals)
    throw NEEDS_TREE
  }

  /** `JsonNode.asText`: of an object or array it is empty. */
  private scalarText(json: Json): string {
    switch (typeof json) {
      case 'string':
        return json
      case 'number':
        if (!Number.isInteger(json)) {
          if (this.decimals) throw NEEDS_TREE
          return doubleText(json)
        }
        if (!Number.isSafeInteger(json) || FRACTION_OR_EXPONENT.test(this.text)) throw NEEDS_TREE
        return String(json)
      case 'boolean':
        return json ? 'true' : 'false'
      default:
        return json instanceof JsonNumber ? numberText(json, this.decimals) : ''
    }
  }

  private char(json: Json): string | null {
    if (json === '') return null
    if (typeof json === 'string' && json.length === 1) return json
    const code = typeof json === 'number' || json instanceof JsonNumber ? this.scalarText(json) : ''
    return String.fromCharCode(parseInteger(code, 0, 0xffff))
  }

  private int(json: Json): number {
    const number = typeof json === 'number' ? json : json instanceof JsonNumber ? Number(json.text) : NaN
    if (number >= INT_MIN && number <= INT_MAX) return Math.trunc(number) + 0
    if (!Number.isNaN(number)) throw new RangeError(`${number} has more than 32 bits`)
    return parseInteger(trim(this.scalarText(json)), INT_MIN, INT_MAX)
  }

  private long(json: Json): number | bigint {
    if (typeof json === 'number') {
      if (Number.isSafeInteger(json)) return json + 0
      if (Math.abs(json) >= LONG_LIMIT || Number.isInteger(json)) throw NEEDS_TREE
      return Math.trunc(json) + 0
    }
    if (!(json instanceof JsonNumber)) return parseLong(trim(this.scalarText(json)))
    if (json.isInteger()) return parseLong(json.text)
    const number = Number(json.text)
    if (!(Math.abs(number) <= LONG_LIMIT)) return parseLong(this.scalarText(json))
    const whole = this.decimals ? Decimal.parse(json.text).wholePart(LONG_MAX_DIGITS)! : BigInt(Math.trunc(number))
    return longOf(whole > LONG_MAX ? LONG_MAX : whole)
  }

  private double(json: Json): number {
    if (typeof json === 'number') {
      if (Object.is(json, -0)) throw NEEDS_TREE
      return json
    }
    if (!(json instanceof JsonNumber)) return parseDouble(this.scalarText(json))
    // Of whole numbers and decimals there is one zero.
    return Number(json.text) + (json.isInteger() || this.decimals ? 0 : -0)
  }

  private decimal(json: Json): Decimal {
    if (typeof json === 'number') {
      if (Number.isSafeInteger(json)) {
        if (FRACTION_OR_EXPONENT.test(this.text)) throw NEEDS_TREE
        return new Decimal(BigInt(json), 0)
      }
      if (!Number.isFinite(json) || Number.isInteger(json) || EXPONENT.test(this.text) || LONG_DIGITS.test(this.text))
        throw NEEDS_TREE
      return Decimal.parse(String(json))
    }
    if (json instanceof JsonNumber) return numberDecimal(json)
    return parseDecimal(trim(this.scalarText(json)))
  }

  private instant(json: Json): Instant | null {
    if (typeof json === 'number') {
      if (!Number.isSafeInteger(json)) throw NEEDS_TREE
      return Instant.ofEpochSecond(json)
    }
    if (json instanceof JsonNumber) return instantOfSeconds(json.text)
    if (typeof json !== 'string') throw new RangeError('It is no text')
    const text = trim(json)
    if (text === '') return null
    return /^[+-]?\d+(?:\.\d*)?$/.test(text) ? instantOfSeconds(text) : OffsetDateTime.parse(text).toInstant()
  }

  private arrayReader(type: ArrayTypeSpec, path: string): Read {
    const readElement = this.reader(type.element, `${path}[]`)
    const primitive = type.type === 'PRIMITIVE_ARRAY' ? primitiveDefault(type.element) : null
    return json => {
      if (primitive === '\0' && typeof json === 'string') return [...Array(json.length).keys()].map(i => json[i]!)
      if (!Array.isArray(json)) throw new TypeError(`It is ${nameOf(json)}, not an array`)
      const values: unknown[] = []
      for (const element of json as readonly Json[]) values.push(readElement(element) ?? primitive)
      return values
    }
  }

  private mapReader(type: MapTypeSpec, path: string): Read {
    const readKey = this.reader(type.key, `${path}{}`)
    const readValue = this.reader(type.value, `${path}{}`)
    const byText = type.key.type === 'STRING' || type.key.type === 'CHAR'
    return json => {
      const entries = json instanceof Map ? json : isObject(json) ? Object.entries(json) : []
      if (byText) {
        const object: Record<string, unknown> = {}
        for (const [name, value] of entries as Iterable<[string, Json]>)
          setField(object, String(readKey(name)), readValue(value))
        return object
      }
      const map = new Map<unknown, unknown>()
      for (const [name, value] of entries as Iterable<[string, Json]>) map.set(readKey(name), readValue(value))
      return map
    }
  }

  private rowReader(type: RowTypeSpec, path: string): Read {
    const { names } = type
    const readers = type.types.map((field, i) => this.reader(field, fieldPath(path, names[i]!)))
    // What every object inherits, such as `constructor`, was not in the record.
    const inherited = names.map(name => name in Object.prototype)
    const { failOnMissingField } = this.spec
    return json => {
      const tree = json instanceof Map ? (json as ReadonlyMap<string, unknown>) : null
      if (tree === null && !isObject(json)) throw new TypeError(`It is ${nameOf(json)}, not an object`)
      const object = json as Readonly<Record<string, Json>>
      const row: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) {
        const name = names[i]!
        const field: Json =
          tree !== null ? tree.get(name) : inherited[i]! && !Object.hasOwn(object, name) ? undefined : object[name]
        if (field === undefined && failOnMissingField)
          throw new FieldError('', new Error(`Could not find field with name '${name}'.`))
        const value = field === undefined ? null : readers[i]!(field)
        if (inherited[i]!) setField(row, name, value)
        else row[name] = value
      }
      return row
    }
  }
}

/** Which field could not be read; the innermost says so. */
class FieldError extends Error {
  constructor(path: string, cause: unknown) {
    const { message } = cause as Error
    super(path === '' ? message : `Field '${path}': ${message}`, { cause })
  }
}

function hasDecimal(type: TypeSpec): boolean {
  switch (type.type) {
    case 'BIG_DEC':
      return true
    case 'ROW':
      return type.types.some(hasDecimal)
    case 'OBJECT_ARRAY':
    case 'BASIC_ARRAY':
      return hasDecimal(type.element)
    case 'MAP':
      return hasDecimal(type.key) || hasDecimal(type.value)
    default:
      return false
  }
}

function instantOfSeconds(text: string): Instant {
  const nanos = parseDecimal(text).withScale(9, INSTANT_MAX_DIGITS)
  if (nanos === null) throw new RangeError(`'${text}' is finer than a nanosecond, or no time that can be`)
  const seconds = nanos.unscaled / 1_000_000_000n
  return Instant.ofEpochSecond(Number(seconds)).plus(Duration.ofNanos(Number(nanos.unscaled % 1_000_000_000n)))
}

const bytesOf = (json: Json): Buffer | null => (typeof json === 'string' ? parseBase64(json) : null)

/** What null is in an array that has no nulls. */
function primitiveDefault(type: TypeSpec): unknown {
  return type.type === 'BOOLEAN' ? false : type.type === 'CHAR' ? '\0' : 0
}

const isObject = (json: Json): json is Readonly<Record<string, Json>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber)

const isContainer = (json: Json): boolean => typeof json === 'object' && json !== null && !(json instanceof JsonNumber)

/** Nothing in it was read by JSON.parse. */
const isTree = (json: unknown): boolean =>
  typeof json !== 'number' &&
  (typeof json !== 'object' ||
    json === null ||
    json instanceof Map ||
    json instanceof JsonNumber ||
    (Array.isArray(json) && json.every(isTree)))

function nameOf(json: Json): string {
  if (Array.isArray(json)) return 'an array'
  if (isContainer(json)) return 'an object'
  return typeof json === 'string' ? 'text' : typeof json === 'boolean' ? 'true or false' : 'a number'
}
