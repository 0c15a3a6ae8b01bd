/**
 * JSON values as strings, numbers and instants, converted as Flink and Jackson convert them. JSON.parse is fast, but it loses the text
 * of a number. Where the text matters, a method throws NEEDS_TREE, and the record is parsed again with all digits (`json-tree.ts`).
 */
import { Duration, Instant, OffsetDateTime } from '@js-joda/core'

import { Decimal } from '../contracts/decimal.ts'
import { doubleText, longOf, parseDecimal, parseDouble, parseInteger, parseLong, trim } from './java-number.ts'
import { isContainer } from './json-kinds.ts'
import type { Json } from './json-kinds.ts'
import { jsonTreeText, numberDecimal, numberText } from './json-text.ts'
import { JsonNumber } from './json-tree.ts'

export const NEEDS_TREE = Symbol('needs the text of a number, or the order of an object')
const INT_MIN = -2_147_483_648
const INT_MAX = 2_147_483_647
const LONG_LIMIT = 2 ** 63
const LONG_MAX = 2n ** 63n - 1n
const LONG_MAX_DIGITS = 20
/** The digits of the nanoseconds in 10^9 years. */
const INSTANT_MAX_DIGITS = 27
/** As many digits as a double distinguishes. */
const LONG_DIGITS = /[\d.]{17}/
const FRACTION_OR_EXPONENT = /\d[.eE]/
const EXPONENT = /\d[eE]/

export class JsonScalarReader {
  /** The text of the current record. */
  text = ''
  /** Whether numbers with a fraction are decimals in every field, as they are in Flink when the row has a BIG_DEC. */
  private readonly decimals: boolean

  constructor(decimals: boolean) {
    this.decimals = decimals
  }

  string(json: Json): string {
    return isContainer(json) ? this.containerText(json) : this.scalarText(json)
  }

  /** The text of an object or array, with the names and numbers as they were written. */
  private containerText(json: Json): string {
    if (Array.isArray(json) && json.length === 0) return '[]'
    if (json instanceof Map || (Array.isArray(json) && json.every(isTree))) return jsonTreeText(json, this.decimals)
    throw NEEDS_TREE
  }

  /** `JsonNode.asText`, which is empty for an object or array. */
  scalarText(json: Json): string {
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

  char(json: Json): string | null {
    if (json === '') return null
    if (typeof json === 'string' && json.length === 1) return json
    const code = typeof json === 'number' || json instanceof JsonNumber ? this.scalarText(json) : ''
    return String.fromCharCode(parseInteger(code, 0, 0xffff))
  }

  int(json: Json): number {
    const number = typeof json === 'number' ? json : json instanceof JsonNumber ? Number(json.text) : NaN
    if (number >= INT_MIN && number <= INT_MAX) return Math.trunc(number) + 0
    if (!Number.isNaN(number)) throw new RangeError(`${number} has more than 32 bits`)
    return parseInteger(trim(this.scalarText(json)), INT_MIN, INT_MAX)
  }

  long(json: Json): number | bigint {
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

  double(json: Json): number {
    if (typeof json === 'number') {
      if (Object.is(json, -0)) throw NEEDS_TREE
      return json
    }
    if (!(json instanceof JsonNumber)) return parseDouble(this.scalarText(json))
    // Whole numbers and decimals have no negative zero.
    return Number(json.text) + (json.isInteger() || this.decimals ? 0 : -0)
  }

  decimal(json: Json): Decimal {
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

  instant(json: Json): Instant | null {
    if (typeof json === 'number') {
      if (!Number.isSafeInteger(json)) throw NEEDS_TREE
      return Instant.ofEpochSecond(json)
    }
    if (json instanceof JsonNumber) return instantOfSeconds(json.text)
    if (typeof json !== 'string') throw new RangeError('It is not a string')
    const text = trim(json)
    if (text === '') return null
    return /^[+-]?\d+(?:\.\d*)?$/.test(text) ? instantOfSeconds(text) : OffsetDateTime.parse(text).toInstant()
  }
}

function instantOfSeconds(text: string): Instant {
  const nanos = parseDecimal(text).withScale(9, INSTANT_MAX_DIGITS)
  if (nanos === null) throw new RangeError(`'${text}' is finer than a nanosecond, or out of range`)
  const seconds = nanos.unscaled / 1_000_000_000n
  return Instant.ofEpochSecond(Number(seconds)).plus(Duration.ofNanos(Number(nanos.unscaled % 1_000_000_000n)))
}

/** Whether `parseJsonTree` made the value: JSON.parse makes numbers and plain objects. */
const isTree = (json: unknown): boolean =>
  typeof json !== 'number' &&
  (typeof json !== 'object' ||
    json === null ||
    json instanceof Map ||
    json instanceof JsonNumber ||
    (Array.isArray(json) && json.every(isTree)))
