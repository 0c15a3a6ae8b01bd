/**
 * Numbers as text, as Java writes and reads them. Doubles and floats have the fewest digits that distinguish them, as in Java 19 and
 * later. Earlier versions write one more digit for a few doubles.
 */
import { Decimal } from '../contracts/decimal.ts'

/** Numbers between these limits have no exponent, such as 0.001 and 9999999.0. */
const LEAST_PLAIN = 1e-3
const FIRST_WITH_EXPONENT = 1e7
const MAX_FLOAT_DIGITS = 9
const FLOATING_POINT = /^[+-]?(?:NaN|Infinity|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/
const WHOLE_NUMBER = /^[+-]?\d+$/
const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/** `Double.toString`: 1.0, 2.222225402E7, NaN. */
export function doubleText(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude >= LEAST_PLAIN && magnitude < FIRST_WITH_EXPONENT)
    return Number.isInteger(value) ? `${value}.0` : String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return String(value)
  let text = value.toExponential()
  if (!text.includes('.')) {
    // Java writes two digits even when one would suffice, such as 4.9E-324.
    const two = value.toExponential(1)
    text = Number(two) === value ? two : text.replace('e', '.0e')
  }
  return text.replace('e+', 'E').replace('e', 'E')
}

/** `Float.toString` of the nearest float. */
export function floatText(value: number): string {
  const float = Math.fround(value)
  if (!Number.isFinite(float) || float === 0) return doubleText(float)
  for (let digits = 2; digits < MAX_FLOAT_DIGITS; digits++) {
    const shorter = Number(float.toPrecision(digits))
    if (Math.fround(shorter) === float) return doubleText(shorter)
  }
  return doubleText(Number(float.toPrecision(MAX_FLOAT_DIGITS)))
}

/** `String.trim`, which removes all characters up to U+0020. */
export function trim(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && text.charCodeAt(from) <= 0x20) from++
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to--
  return from === 0 && to === text.length ? text : text.slice(from, to)
}

/** `Byte.parseByte`, `Short.parseShort`, `Integer.parseInt`. @throws RangeError */
export function parseInteger(text: string, min: number, max: number): number {
  const value = WHOLE_NUMBER.test(text) ? Number(text) + 0 : NaN
  if (value >= min && value <= max) return value
  throw new RangeError(`'${text}' is not a whole number from ${min} to ${max}`)
}

/** `Long.parseLong`: a number when it is a safe integer, otherwise a bigint. @throws RangeError */
export function parseLong(text: string): number | bigint {
  const value = parseBigInt(text)
  if (value < LONG_MIN || value > LONG_MAX) throw new RangeError(`'${text}' has more than 64 bits`)
  return longOf(value)
}

export function longOf(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** `new BigInteger(text)`. @throws RangeError */
export function parseBigInt(text: string): bigint {
  if (!WHOLE_NUMBER.test(text)) throw new RangeError(`'${text}' is not a whole number`)
  return BigInt(text.startsWith('+') ? text.slice(1) : text)
}

/** `Double.parseDouble`, without hexadecimal numbers. @throws RangeError */
export function parseDouble(text: string): number {
  const trimmed = trim(text)
  if (!FLOATING_POINT.test(trimmed)) throw new RangeError(`'${text}' is not a number`)
  return trimmed.endsWith('NaN') ? NaN : Number(trimmed.replace(/[fFdD]$/, ''))
}

/** `new BigDecimal(text)`. @throws RangeError */
export function parseDecimal(text: string): Decimal {
  return Decimal.parse(text)
}
