/**
 * The part of CBOR (RFC 8949) that Kinesis speaks, over one buffer.
 *
 *   byte     meaning                                   additional information (low 5 bits)
 *   000xxxxx unsigned integer                          0-23: the value; 24, 25, 26, 27: 1, 2, 4, 8 bytes follow
 *   001xxxxx negative integer, -1 - value              31: indefinite length, ended by 0xff
 *   010xxxxx byte string        011xxxxx text
 *   100xxxxx array              101xxxxx map
 *   110xxxxx tag                111xxxxx false 20, true 21, null 22, float 25-27
 *
 * Timestamps are tag 1: epoch milliseconds with the service, seconds with some emulators; told apart by magnitude.
 */
/** The head of an integer of eight bytes. */
const UINT64 = 0x1b

export class CborReader {
  readonly buffer: Buffer
  at = 0
  /** The argument of the head that `head()` read last; -1 for indefinite length. */
  argument = 0
  readonly #view: DataView

  constructor(buffer: Buffer) {
    this.buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  }

  /** Reads a head: its major type is returned, its argument is left in `argument`. */
  head(): number {
    const byte = this.buffer[this.at++]
    if (byte === undefined) throw new RangeError('CBOR ends too early')
    const low = byte & 31
    if (low < 24) this.argument = low
    else if (low === 24) this.argument = this.#view.getUint8(this.at++)
    else if (low === 25) {
      this.argument = this.#view.getUint16(this.at)
      this.at += 2
    } else if (low === 26) {
      this.argument = this.#view.getUint32(this.at)
      this.at += 4
    } else if (low === 27) {
      this.argument = this.#view.getUint32(this.at) * 4294967296 + this.#view.getUint32(this.at + 4)
      this.at += 8
    } else if (low === 31) this.argument = -1
    else throw new RangeError(`CBOR: byte ${byte} at ${this.at - 1} is not a head`)
    return byte >> 5
  }

  /** Four bytes at a place, big-endian. */
  uint32(at: number): number {
    return this.#view.getUint32(at)
  }

  /** True at the break that ends an array or map of indefinite length, which is then consumed. */
  atBreak(): boolean {
    if (this.buffer[this.at] !== 0xff) return false
    this.at++
    return true
  }

  skip(): void {
    const major = this.head()
    const n = this.argument
    if (major === 2 || major === 3) {
      if (n >= 0) this.#pass(n)
      else while (!this.atBreak()) this.skip()
    } else if (major === 4 || major === 5) {
      if (n < 0) while (!this.atBreak()) this.skip()
      else for (let i = major === 4 ? n : n * 2; i > 0; i--) this.skip()
    } else if (major === 6) this.skip()
  }

  /** Any value: maps become objects, byte strings Buffers that share this one. For small bodies. */
  value(): unknown {
    const start = this.at
    const major = this.head()
    const n = this.argument
    switch (major) {
      case 0:
        return n
      case 1:
        return -1 - n
      case 2:
        if (n < 0) return Buffer.concat(this.#pieces(piece => Buffer.isBuffer(piece)))
        return this.buffer.subarray(this.#pass(n), this.at)
      case 3:
        if (n < 0) return this.#pieces(piece => typeof piece === 'string').join('')
        return this.buffer.utf8Slice(this.#pass(n), this.at)
      case 4:
        return n < 0 ? this.#items() : this.#array(n)
      case 5: {
        const map: Record<string, unknown> = {}
        for (let i = 0; n < 0 ? !this.atBreak() : i < n; i++) {
          const key = String(this.value())
          map[key] = this.value()
        }
        return map
      }
      case 6:
        return this.value()
      default:
        return this.#simple(start)
    }
  }

  /** A tagged or plain time in epoch milliseconds. */
  timestampMs(): number {
    while (this.buffer[this.at]! >> 5 === 6) this.head()
    let value: number
    // What the service sends is read here: a number in `argument`, or from `value`, is an object where it is no small integer.
    if (this.buffer[this.at] === UINT64) {
      value = this.#view.getUint32(this.at + 1) * 4294967296 + this.#view.getUint32(this.at + 5)
      this.at += 9
    } else value = Number(this.value())
    // 10^11 seconds is the year 5138; 10^11 milliseconds is 1973.
    return Math.abs(value) < 1e11 ? value * 1000 : value
  }

  /** Moves on by `n` bytes; answers where they begin. */
  #pass(n: number): number {
    const from = this.at
    if (n > this.buffer.length - from) throw new RangeError('CBOR ends too early')
    this.at = from + n
    return from
  }

  /** An item takes a byte at the very least: an array that a damaged head declares larger is not allocated. */
  #array(n: number): unknown[] {
    if (n > this.buffer.length - this.at) throw new RangeError('CBOR ends too early')
    return Array.from({ length: n }, () => this.value())
  }

  /** The pieces of a string of indefinite length, which are all of its own kind. */
  #pieces<T>(isPiece: (item: unknown) => item is T): T[] {
    const items = this.#items()
    if (!items.every(isPiece)) throw new RangeError('CBOR: a string has a piece of another type')
    return items
  }

  #items(): unknown[] {
    const items: unknown[] = []
    while (!this.atBreak()) items.push(this.value())
    return items
  }

  #simple(start: number): unknown {
    const low = this.buffer[start]! & 31
    if (low === 20 || low === 21) return low === 21
    if (low === 26) return this.#view.getFloat32(start + 1)
    if (low === 27) return this.#view.getFloat64(start + 1)
    if (low === 25) return halfFloat(this.#view.getUint16(start + 1))
    return null
  }
}

function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31
  const mantissa = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1024 + mantissa) * 2 ** (exponent - 25)
}

/** A small request body: a map of text keys to text, integers, or null entries that are left out. */
export function encodeCborMap(entries: Readonly<Record<string, string | number | null | undefined>>): Buffer {
  const parts: Buffer[] = []
  let count = 0
  for (const [key, value] of Object.entries(entries)) {
    if (value === null || value === undefined) continue
    count++
    parts.push(cborText(key), typeof value === 'number' ? cborHead(0, value) : cborText(value))
  }
  return Buffer.concat([cborHead(5, count), ...parts])
}

export function cborText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([cborHead(3, bytes.length), bytes])
}

export function cborHead(major: number, argument: number): Buffer {
  const top = major << 5
  if (argument < 24) return Buffer.of(top | argument)
  if (argument < 0x100) return Buffer.of(top | 24, argument)
  if (argument < 0x10000) return Buffer.of(top | 25, argument >> 8, argument & 255)
  if (argument > 0xffffffff) throw new RangeError(`${argument} is too large for a CBOR head here`)
  const head = Buffer.of(top | 26, 0, 0, 0, 0)
  head.writeUInt32BE(argument, 1)
  return head
}
