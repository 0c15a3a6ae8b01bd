/**
 * Reads the bytes of one record in Avro's binary encoding. Every length is checked before it is allocated. A length beyond the end, a
 * number that is too long and an impossible block are `AvroMalformed`.
 *
 *   int, long     zigzag, 7 bits a byte, lowest first; at most 5 and 10 bytes
 *   string, bytes the length as long, then the bytes
 *   array, map    blocks: the count as long, then the items. After a negative count follows the size in bytes as long. 0 is the end
 *   union, enum   the index of the branch or symbol
 */
export class AvroMalformed extends Error {}

/** The most items without bytes, such as null, in one record. The size of the record does not limit them. */
export const MAX_EMPTY_ITEMS = 100_000

/** The most levels of a recursive type. Later traversals of the value need as deep a stack. */
export const MAX_NESTING = 500

const LOW_BITS = 28
const LOW = 2 ** LOW_BITS
/** Groups of seven bits. */
const GROUPS_LOW = 4
const MAX_VARINT_BYTES = 10
const SAFE_MIDDLE = 2 ** 25

type Utf8Reader = (this: Buffer, from: number, to: number) => string
const { utf8Slice } = Buffer.prototype as unknown as { readonly utf8Slice: Utf8Reader }
/** Up to this length, decoding in JavaScript takes half the time of a native call. */
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
  /** The end of each open block, innermost last. -1 when the block has no size. */
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

  /** Reads a value of a recursive type. */
  nested(read: (input: AvroInput) => unknown): unknown {
    if (++this.#nesting > MAX_NESTING) this.fail(`it has more than ${MAX_NESTING} nested levels`)
    const value = read(this)
    this.#nesting--
    return value
  }

  boolean(): boolean {
    if (this.#at >= this.#end) this.#cut()
    const byte = this.#bytes[this.#at++]!
    return byte === 1 || (byte !== 0 && this.fail(`a boolean is ${byte}, not 0 or 1`))
  }

  int(): number {
    const value = this.long()
    return typeof value === 'number' && value === (value | 0) ? value : this.fail(`${value} is not an int`)
  }

  /** A number when it is a safe integer, otherwise a bigint. */
  long(): number | bigint {
    const bytes = this.#bytes
    let at = this.#at
    // Beyond the end it is undefined, which acts as 0 here. The check below finds it.
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

  /** Invalid UTF-8 becomes U+FFFD, as in Java. */
  string(): string {
    const length = this.#length('a string')
    const at = this.#at
    this.#at = at + length
    return (length <= SHORT_TEXT ? this.#ascii(at, length) : null) ?? utf8Slice.call(this.#bytes, at, at + length)
  }

  bytes(): Buffer {
    return this.#copy(this.#length('a bytes value'))
  }

  fixed(size: number): Buffer {
    if (size > this.left) this.#cut()
    return this.#copy(size)
  }

  /** Reads the index of a branch or symbol, which must be less than `count`. */
  index(count: number, what: string): number {
    const index = this.long()
    if (index >= 0 && index < count) return index as number
    return this.fail(
      `index ${index} of ${what} is out of range: there ${count === 1 ? 'is 1 entry' : `are ${count} entries`}`,
    )
  }

  /** Begins a block and returns its number of items, 0 at the end. `empty` when items may have no bytes. */
  block(empty: boolean): number {
    let count = this.long()
    let end = -1
    if (count < 0) {
      count = -count
      end = this.#length('a block') + this.#at
    }
    if (count === 0) return end < 0 || end === this.#at ? 0 : this.fail('an empty block has a size')
    if (empty) {
      if (count > MAX_EMPTY_ITEMS - this.#emptyItems)
        this.fail(`it has more than ${MAX_EMPTY_ITEMS} items without bytes`)
      this.#emptyItems += count as number
    } else if (count > this.left) this.fail(`a block has ${count} items, but only ${this.left} bytes remain`)
    this.#blockEnds.push(end)
    return count as number
  }

  endBlock(): void {
    const end = this.#blockEnds.pop()!
    if (end >= 0 && end !== this.#at) this.fail(`the size of a block is wrong by ${Math.abs(this.#at - end)} bytes`)
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

  /** Skips a block that has a size and returns -1. Otherwise returns the number of items to skip, 0 at the end. */
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
    return this.fail('the record is truncated')
  }

  /** `null` when the bytes are not all ASCII. */
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
    if (length < 0 || length > this.left)
      this.fail(`${of} has the length ${length}, but only ${this.left} bytes remain`)
    return length as number
  }

  #copy(length: number): Buffer {
    const at = this.#at
    this.#at = at + length
    return Buffer.from(this.#bytes.subarray(at, at + length))
  }

  /** The rest of a long whose first four groups are `low`. */
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
