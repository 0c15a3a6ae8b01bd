/**
 * A decimal number as Java's BigDecimal holds it: an integer and how many of its digits stand behind the point. 12.50 and 12.5
 * are equal in value and differ in scale, and both are written as they were read. It carries numbers; for sums, take a
 * library of your choice, which will understand `toString()`.
 */
const PLAIN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** As far as Java goes before it writes an exponent. */
const MIN_EXPONENT = -6
const MIN_SCALE = -2_147_483_648
const MAX_SCALE = 2_147_483_647
/** A little more than log10(16). */
const DIGITS_PER_HEX_DIGIT = 1.21

export class Decimal {
  readonly unscaled: bigint
  readonly scale: number

  /** @throws TypeError for what JavaScript may bring here in place of it, such as text: `parse` takes that */
  constructor(unscaled: bigint, scale: number) {
    if (typeof unscaled !== 'bigint' || typeof scale !== 'number')
      throw new TypeError(`new Decimal(120n, 2) is 1.20; of text, Decimal.parse('1.20') makes one`)
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
      throw new RangeError(`The exponent of '${text}' is beyond 32 bits`)
    return new Decimal(BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n), scale)
  }

  /**
   * Without rounding; null: it has more digits behind the point than that, or more than `maxDigits` in all. 1e1000000000 is
   * short to write, and its digits would not fit in memory: who takes numbers from elsewhere says how many it can use.
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

  /** What stands before the point. `maxDigits`: with more than about so many it is null. */
  wholePart(maxDigits: number): bigint | null {
    if (this.scale <= 0) return this.withScale(0, maxDigits)?.unscaled ?? null
    return this.scale > this.#mostDigits() ? 0n : this.unscaled / 10n ** BigInt(this.scale)
  }

  /** The same value with as few digits as it has; of zero there is but 0. */
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

  /** As Java's `toString`: with an exponent where there are zeros in front that nobody counts. */
  toString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString()
    const exponent = digits.length - 1 - this.scale
    if (this.scale >= 0 && exponent >= MIN_EXPONENT) return this.toPlainString()
    const mantissa = digits.length === 1 ? digits : `${digits[0]!}.${digits.slice(1)}`
    const power = exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`
    return `${this.unscaled < 0n ? '-' : ''}${mantissa}${power}`
  }

  /** Never with an exponent. */
  toPlainString(): string {
    const sign = this.unscaled < 0n ? '-' : ''
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString()
    if (this.scale <= 0) return this.unscaled === 0n ? '0' : `${sign}${digits}${'0'.repeat(-this.scale)}`
    const padded = digits.padStart(this.scale + 1, '0')
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`
  }

  /** At least as many digits as there are. */
  #mostDigits(): number {
    return this.unscaled.toString(16).length * DIGITS_PER_HEX_DIGIT
  }

  /** So that JSON has the number's own digits, as text. */
  toJSON(): string {
    return this.toString()
  }
}
