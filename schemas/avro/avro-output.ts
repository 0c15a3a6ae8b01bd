/**
 * Writes one value in Avro's binary encoding. A value of another type throws `AvroRefused`. `value-check.ts` then finds the field and
 * the reason, off the fast path.
 */
export class AvroRefused extends Error {
  constructor() {
    super('The value does not have the type')
  }
}

/** @throws AvroRefused */
export function refuse(): never {
  throw new AvroRefused()
}

const FIRST_BYTES = 1024
const MAX_VARINT_BYTES = 10
/** The most bytes of a UTF-16 unit in UTF-8. */
const MAX_UTF8_BYTES = 3
const SMALL = 2 ** 30
const MIN_LONG = -(2n ** 63n)
const MAX_LONG = 2n ** 63n - 1n

type Utf8Writer = (this: Buffer, text: string, at: number, length: number) => number
const utf8Write = (Buffer.prototype as unknown as { utf8Write: Utf8Writer }).utf8Write
/** Up to this length, encoding in JavaScript is faster than a native call. */
const SHORT_TEXT = 24

export class AvroOutput {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #at = 0

  reset(): void {
    this.#at = 0
  }

  /** A copy of the bytes. */
  take(): Buffer {
    const result = Buffer.allocUnsafe(this.#at)
    this.#bytes.copy(result, 0, 0, this.#at)
    return result
  }

  null(value: unknown): void {
    if (value !== null && value !== undefined) refuse()
  }

  boolean(value: unknown): void {
    if (typeof value !== 'boolean') refuse()
    this.#ensure(1)
    this.#bytes[this.#at++] = value ? 1 : 0
  }

  int(value: unknown): void {
    if (typeof value !== 'number' || value !== (value | 0)) refuse()
    this.varint(value)
  }

  long(value: unknown): void {
    if (typeof value === 'bigint') this.#big(value)
    else if (Number.isSafeInteger(value)) this.varint(value as number)
    else refuse()
  }

  float(value: unknown): void {
    const number = asNumber(value)
    this.#ensure(4)
    this.#at = this.#bytes.writeFloatLE(number, this.#at)
  }

  double(value: unknown): void {
    const number = asNumber(value)
    this.#ensure(8)
    this.#at = this.#bytes.writeDoubleLE(number, this.#at)
  }

  string(value: unknown): void {
    if (typeof value !== 'string') refuse()
    const { length } = value
    this.#ensure(length * MAX_UTF8_BYTES + MAX_VARINT_BYTES)
    if (length <= SHORT_TEXT && this.#ascii(value)) return
    this.varint(Buffer.byteLength(value))
    this.#at += utf8Write.call(this.#bytes, value, this.#at, this.#bytes.length - this.#at)
  }

  bytes(value: unknown): void {
    if (!(value instanceof Uint8Array)) refuse()
    this.varint(value.length)
    this.raw(value)
  }

  fixed(value: unknown, size: number): void {
    if (!(value instanceof Uint8Array) || value.length !== size) refuse()
    this.raw(value)
  }

  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** `value` must be a safe integer. */
  varint(value: number): void {
    this.#ensure(MAX_VARINT_BYTES)
    const bytes = this.#bytes
    let at = this.#at
    if (value >= -SMALL && value < SMALL) {
      let zigzag = (value << 1) ^ (value >> 31)
      for (; zigzag > 0x7f; zigzag >>>= 7) bytes[at++] = (zigzag & 0x7f) | 0x80
      bytes[at++] = zigzag
      this.#at = at
      return
    }
    // Beyond 2^52, twice the value is not a safe integer.
    if (value >= 2 ** 52 || value < -(2 ** 52)) {
      this.#big(BigInt(value))
      return
    }
    let zigzag = value < 0 ? -2 * value - 1 : 2 * value
    for (; zigzag > 0x7f; zigzag = Math.floor(zigzag / 128)) bytes[at++] = (zigzag % 128) | 0x80
    bytes[at++] = zigzag
    this.#at = at
  }

  #big(value: bigint): void {
    if (value < MIN_LONG || value > MAX_LONG) refuse()
    this.#ensure(MAX_VARINT_BYTES)
    let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    for (; zigzag > 0x7fn; zigzag >>= 7n) this.#bytes[this.#at++] = Number(zigzag & 0x7fn) | 0x80
    this.#bytes[this.#at++] = Number(zigzag)
  }

  /** Writes an ASCII string, for which there is room. Returns false, and writes nothing, when it is not ASCII. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = text.length << 1
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return false
      bytes[at++] = unit
    }
    this.#at = at
    return true
  }

  #ensure(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + more))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'bigint' ? Number(value) : refuse()
}
