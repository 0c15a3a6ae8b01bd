/**
 * A decimal number like Java's BigDecimal: an unscaled integer, and the number of its digits after the point. 12.50 and 12.5 are
 * equal in value and differ in scale, which is preserved. The class has no arithmetic. Pass `toString()` to a library that has.
 */
const PLAIN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** Java writes an exponent for smaller numbers. */
const MIN_EXPONENT = -6
const MIN_SCALE = -2_147_483_648
const MAX_SCALE = 2_147_483_647
/** An upper bound of log10(16). */
const DIGITS_PER_HEX_DIGIT = 1.21

export class Decimal {
  readonly unscaled: bigint
  readonly scale: number

  /** @throws TypeError for arguments of other types. Use `parse` for a string. */
  constructor(unscaled: bigint, scale: number) {
    if (typeof unscaled !== 'bigint' || typeof scale !== 'number')
      throw new TypeError(
        `Decimal takes a bigint and a scale: new Decimal(120n, 2) is 1.20. Use Decimal.parse('1.20') for a string.`,
      )
    this.unscaled = unscaled
    this.scale = scale
  }

  /** `12.50`, `-3`, `1e3`. @throws RangeError */
  static parse(text: string): Decimal {
    const match = PLAIN.exec(text)
    const [sign = '', whole = '', fraction = '', exponent = '0'] = match?.slice(1) ?? []
    if (match === null || whole.length + fraction.length === 0)
      throw new RangeError(`'${text}' is not a decimal number`)
    const scale = fraction.length - Number(exponent)
    if (scale < MIN_SCALE || scale > MAX_SCALE || Number(exponent) > MAX_SCALE)
      throw new RangeError(`The exponent of '${text}' does not fit in 32 bits`)
    return new Decimal(BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n), scale)
  }

  /**
   * The same value with another scale. `null` when that would need rounding, or more than `maxDigits` digits. Set `maxDigits` for
   * untrusted input: the digits of 1e1000000000 do not fit in memory.
   */
  withScale(scale: number, maxDigits = Infinity): Decimal | null {
    if (scale === this.scale) return this
    if (this.unscaled === 0n) return new Decimal(0n, scale)
    const more = scale - this.scale
    if (more >= maxDigits) return null
    if (more > 0) return new Decimal(this.unscaled * 10n ** BigInt(more), scale)
    if (-more > this.#mostDigits()) return null
    const divisor = 10n ** BigInt(-more)
    return this.unscaled % divisor === 0n ? new Decimal(this.unscaled / divisor, scale) : null
  }

  /** The integer part. `null` when it has more than about `maxDigits` digits. */
  wholePart(maxDigits: number): bigint | null {
    if (this.scale <= 0) return this.withScale(0, maxDigits)?.unscaled ?? null
    return this.scale > this.#mostDigits() ? 0n : this.unscaled / 10n ** BigInt(this.scale)
  }

  /** The same value with the fewest digits. Zero becomes 0. */
  stripTrailingZeros(): Decimal {
    if (this.unscaled === 0n) return this.scale === 0 ? this : new Decimal(0n, 0)
    const digits = this.unscaled.toString()
    let zeros = 0
    while (digits[digits.length - 1 - zeros] === '0') zeros++
    return zeros === 0 ? this : new Decimal(this.unscaled / 10n ** BigInt(zeros), this.scale - zeros)
  }

  toNumber(): number {
    return Number(this.toString())
  }

  /** Java's `toString`, with an exponent for large scales. */
  toString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString()
    const exponent = digits.length - 1 - this.scale
    if (this.scale >= 0 && exponent >= MIN_EXPONENT) return this.toPlainString()
    const mantissa = digits.length === 1 ? digits : `${digits[0]!}.${digits.slice(1)}`
    const power = exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`
    return `${this.unscaled < 0n ? '-' : ''}${mantissa}${power}`
  }

  /** Java's `toPlainString`, without an exponent. */
  toPlainString(): string {
    const sign = this.unscaled < 0n ? '-' : ''
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString()
    if (this.scale <= 0) return this.unscaled === 0n ? '0' : `${sign}${digits}${'0'.repeat(-this.scale)}`
    const padded = digits.padStart(this.scale + 1, '0')
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`
  }

  /** An upper bound of the number of digits. */
  #mostDigits(): number {
    return this.unscaled.toString(16).length * DIGITS_PER_HEX_DIGIT
  }

  /** A string, which keeps all digits in JSON. */
  toJSON(): string {
    return this.toString()
  }
}
