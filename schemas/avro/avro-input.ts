/**
 * The bytes of one record, read in Avro's binary encoding. Nothing is read behind their end, and nothing is made before it is
 * known to be there: a length beyond the end, a number that is too long or a block that cannot be are `AvroMalformed`.
 *
 *   int, long     zigzag, 7 bits a byte, the least first; at most 5 and 10 bytes
 *   string, bytes a long, and so many bytes
 *   array, map    blocks: a long, and so many items; negative: its size in bytes as a long, then the items; 0: the end
 *   union, enum   the position of the branch or symbol
 */
export class AvroMalformed extends Error {}

/** Items without a byte of their own, such as null, that one record may have: nothing else bounds them. */
export const MAX_EMPTY_ITEMS = 100_000

/** Times that a type may stand within itself: whoever goes through the value later has as deep a stack. */
export const MAX_NESTING = 500

const LOW_BITS = 28
const LOW = 2 ** LOW_BITS
/** Groups of seven bits. */
const GROUPS_LOW = 4
const MAX_VARINT_BYTES = 10
const SAFE_MIDDLE = 2 ** 25

type Utf8Reader = (this: Buffer, from: number, to: number) => string
const { utf8Slice } = Buffer.prototype as unknown as { readonly utf8Slice: Utf8Reader }
/** Such are read in half the time without a call out of JavaScript. */
const SHORT_TEXT = 16
const unitsOfLength: readonly number[][] = Array.from({ length: SHORT_TEXT + 1 }, (_, length) =>
  Array<number>(length).fill(0),
)

export class AvroInput {
  #bytes: Buffer = Buffer.alloc(0)
  #end = 0
  #at = 0
  #emptyItems = 0
  #nesting = 0
  /** Where each block ends that says so, innermost last; -1: it does not. */
  readonly #blockEnds: number[] = []

  reset(bytes: Buffer): void {
    this.#bytes = bytes
    this.#end = bytes.length
    this.#at = 0
    this.#emptyItems = 0
    this.#nesting = 0
    this.#blockEnds.length = 0
  }

  get left(): number {
    return this.#end - this.#at
  }

  fail(what: string): never {
    throw new AvroMalformed(`${what} (at byte ${Math.min(this.#at, this.#end)} of ${this.#end})`)
  }

  /** A value of a type that stands within itself. */
  nested(read: (input: AvroInput) => unknown): unknown {
    if (++this.#nesting > MAX_NESTING) this.fail(`it is nested more than ${MAX_NESTING} times`)
    const value = read(this)
    this.#nesting--
    return value
  }

  boolean(): boolean {
    if (this.#at >= this.#end) this.#cut()
    const byte = this.#bytes[this.#at++]!
    return byte === 1 || (byte !== 0 && this.fail(`a boolean is ${byte}, neither 0 nor 1`))
  }

  int(): number {
    const value = this.long()
    return typeof value === 'number' && value === (value | 0) ? value : this.fail(`${value} is no int`)
  }

  /** A number where it is safe. */
  long(): number | bigint {
    const bytes = this.#bytes
    let at = this.#at
    // Behind the end it is undefined, which is no more than 0 in what follows, and found out below.
    let byte = bytes[at++]!
    let low = byte & 0x7f
    for (let shift = 7; byte > 0x7f && shift < LOW_BITS; shift += 7) {
      byte = bytes[at++]!
      low |= (byte & 0x7f) << shift
    }
    if (byte > 0x7f) return this.#longer(low)
    if (at > this.#end) this.#cut()
    this.#at = at
    return (low >>> 1) ^ -(low & 1)
  }

  float(): number {
    const at = this.#at
    this.skip(4)
    return this.#bytes.readFloatLE(at)
  }

  double(): number {
    const at = this.#at
    this.skip(8)
    return this.#bytes.readDoubleLE(at)
  }

  /** Bytes that are no UTF-8 become U+FFFD, as in Java. */
  string(): string {
    const length = this.#length('a string')
    const at = this.#at
    this.#at = at + length
    return (length <= SHORT_TEXT ? this.#ascii(at, length) : null) ?? utf8Slice.call(this.#bytes, at, at + length)
  }

  bytes(): Buffer {
    return this.#copy(this.#length('a value of bytes'))
  }

  fixed(size: number): Buffer {
    if (size > this.left) this.#cut()
    return this.#copy(size)
  }

  /** Position of a branch or symbol, of `count`. */
  index(count: number, what: string): number {
    const index = this.long()
    if (index >= 0 && index < count) return index as number
    return this.fail(`${what} has ${count} ${count === 1 ? 'branch' : 'branches'}, and this is number ${index}`)
  }

  /** Items of the next block; 0: there is none. `empty`: items may have no byte. */
  block(empty: boolean): number {
    let count = this.long()
    let end = -1
    if (count < 0) {
      count = -count
      end = this.#length('a block') + this.#at
    }
    if (count === 0) return end < 0 || end === this.#at ? 0 : this.fail('a block of no items has a size')
    if (empty) {
      if (count > MAX_EMPTY_ITEMS - this.#emptyItems)
        this.fail(`there are more than ${MAX_EMPTY_ITEMS} items that may have no bytes`)
      this.#emptyItems += count as number
    } else if (count > this.left) this.fail(`a block has ${count} items, and ${this.left} bytes are left`)
    this.#blockEnds.push(end)
    return count as number
  }

  endBlock(): void {
    const end = this.#blockEnds.pop()!
    if (end >= 0 && end !== this.#at) this.fail(`a block ends ${Math.abs(this.#at - end)} bytes from where it says`)
  }

  skip(bytes: number): void {
    this.#at += bytes
    if (this.#at > this.#end) this.#cut()
  }

  skipLong(): void {
    this.long()
  }

  skipBytes(): void {
    this.skip(this.#length('a value'))
  }

  /** Items of the next block that must be skipped one by one; -1: the block was skipped; 0: there is none. */
  skipBlock(empty: boolean): number {
    const count = this.block(empty)
    if (count === 0) return 0
    const end = this.#blockEnds.at(-1)!
    if (end < 0) return count
    this.#blockEnds.pop()
    this.#at = end
    return -1
  }

  #cut(): never {
    this.#at = this.#end
    return this.fail('the record ends too soon')
  }

  /** null: there is more than ASCII. */
  #ascii(at: number, length: number): string | null {
    const units = unitsOfLength[length]!
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[at + i]!
      if (byte > 0x7f) return null
      units[i] = byte
    }
    return String.fromCharCode(...units)
  }

  #length(of: string): number {
    const length = this.long()
    if (length < 0 || length > this.left) this.fail(`${of} is said to have ${length} bytes, and ${this.left} are left`)
    return length as number
  }

  #copy(length: number): Buffer {
    const at = this.#at
    this.#at = at + length
    return Buffer.from(this.#bytes.subarray(at, at + length))
  }

  /** `low`: the first four groups, more follow. */
  #longer(low: number): number | bigint {
    const bytes = this.#bytes
    const start = this.#at
    let at = start + GROUPS_LOW
    let middle = 0
    let byte = 0x80
    for (let shift = 0; byte > 0x7f && shift < LOW_BITS; shift += 7) {
      byte = bytes[at++]!
      middle |= (byte & 0x7f) << shift
    }
    let high = 0
    for (let shift = 0; byte > 0x7f && at - start < MAX_VARINT_BYTES; shift += 7) {
      byte = bytes[at++]!
      high |= (byte & 0x7f) << shift
    }
    if (at > this.#end) this.#cut()
    if (byte > 0x7f || high > 0xff) this.fail('a number is longer than a long')
    this.#at = at
    const low32 = low >>> 0
    if (high === 0 && middle < SAFE_MIDDLE) {
      const zigzag = middle * LOW + low32
      return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    }
    const zigzag = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low32)
    const value = (zigzag >> 1n) ^ -(zigzag & 1n)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }
}
