// The bytes of a pickle, written operation by operation into a buffer that grows. The output knows what the reader will
// have in its memo.
import {
  BINBYTES,
  BINFLOAT,
  BINGET,
  BININT,
  BININT1,
  BININT2,
  BINUNICODE,
  LONG1,
  LONG4,
  LONG_BINGET,
  MEMOIZE,
  SHORT_BINBYTES,
  SHORT_BINUNICODE,
  STACK_GLOBAL,
} from './opcodes.ts'

/** A text of at most this length is written character by character, as long as it is ASCII. */
const SHORT_TEXT = 24
const MAX_LONG1_BYTES = 248

export class PickleOutput {
  #buffer: Buffer
  #at = 0
  readonly #memo = new Map<string, number>()

  /** @param bytes Initial size of the buffer. */
  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes)
  }

  /** Returns the bytes that were written. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** Writes one opcode. */
  op(code: number): void {
    if (this.#at === this.#buffer.length) this.#grow(1)
    this.#buffer[this.#at++] = code
  }

  /** Writes two opcodes, or an opcode and an argument of one byte. */
  two(a: number, b: number): void {
    if (this.#at + 2 > this.#buffer.length) this.#grow(2)
    this.#buffer[this.#at] = a
    this.#buffer[this.#at + 1] = b
    this.#at += 2
  }

  /** Writes an int in its shortest form. */
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

  /**
   * Writes a text that occurs often in the bundle, such as the name of a field. From the second time on it is its place in
   * the memo.
   */
  name(name: string): void {
    if (!this.#remembered(name)) {
      this.text(name)
      this.op(MEMOIZE)
    }
  }

  /** Writes a class or a function. The caller then writes its arguments as a tuple, and REDUCE. */
  global(module: string, name: string): void {
    if (this.#remembered(`${module}\n${name}`)) return
    this.text(module)
    this.text(name)
    this.op(STACK_GLOBAL)
    this.op(MEMOIZE)
  }

  /** Writes what reads `key` from the memo. Returns false when it is not there, and gives it the next place. */
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
