/**
 * Keys as canonical bytes, which decide whether two keys are equal and to which key group each belongs. Every language
 * implements this format; `vectors/keys.json` tests all implementations. Integers are little-endian.
 *
 *   tag  key                     after the tag
 *   0    null                    nothing
 *   1    false                   nothing
 *   2    true                    nothing
 *   3    integer of 64 bits      i64
 *   4    larger integer          u32 length, the shortest two's complement
 *   5    other number            f64; -0 as 0, every NaN as 7ff8000000000000
 *   6    string                  u32 length, UTF-8
 *   7    bytes                   u32 length, bytes
 *   8    tuple, array            u32 count, items
 *   9    row                     u8 row kind, u32 count, items
 *   10   row with names, object  u8 row kind, u32 count, for each field: its name (a string without tag), its value
 *   11   instant                 f64 epoch milliseconds
 *   12   other Python object     u32 length, a pickle
 *
 * JavaScript has one type of number: a number without a fraction is an integer here. Python's `1`, `1.0` and `True` are three keys.
 */
const [NONE, FALSE, TRUE, INTEGER, LARGE, NUMBER, TEXT, BYTES] = [0, 1, 2, 3, 4, 5, 6, 7] as const
const [TUPLE, ROW, NAMED_ROW, INSTANT, PICKLE] = [8, 9, 10, 11, 12] as const
const INSERT = 0

/** Tags, for code that inspects a key before it is decoded. */
export const KeyTag = { TEXT, TUPLE, PICKLE } as const

const [MIN_64, MAX_64] = [-(2n ** 63n), 2n ** 63n - 1n]

/** A buffer that keys are appended to. */
export class KeyWriter {
  #bytes = Buffer.allocUnsafe(1024)
  #at = 0

  /** Where the next key begins. */
  get position(): number {
    return this.#at
  }

  /** The bytes of all keys. Do not use the writer afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  /** @throws TypeError for a value that cannot be a key */
  write(key: unknown): void {
    if (key === null || key === undefined) this.#tag(NONE)
    else if (typeof key === 'string') {
      this.#tag(TEXT)
      this.#text(key)
    } else if (typeof key === 'boolean') this.#tag(key ? TRUE : FALSE)
    else if (typeof key === 'bigint') this.#integer(key)
    else if (typeof key === 'object') this.#object(key)
    else if (typeof key !== 'number') throw new TypeError(`a key cannot be a ${typeof key}`)
    else if (Number.isInteger(key)) this.#integer(BigInt(key))
    else this.#double(NUMBER, key)
  }

  #object(key: object): void {
    if (key instanceof Uint8Array) {
      this.#tag(BYTES)
      this.#u32(key.length)
      this.#grow(key.length)
      this.#bytes.set(key, this.#at)
      this.#at += key.length
    } else if (Array.isArray(key)) {
      this.#tag(TUPLE)
      this.#u32(key.length)
      for (const item of key) this.write(item)
    } else if (key instanceof Date) this.#double(INSTANT, key.getTime())
    else if (isPlain(key)) {
      const fields = Object.entries(key)
      this.#tag(NAMED_ROW)
      this.#tag(INSERT)
      this.#u32(fields.length)
      for (const [name, value] of fields) {
        this.#text(name)
        this.write(value)
      }
    } else throw new TypeError(`a key cannot be a ${key.constructor.name}`)
  }

  #integer(value: bigint): void {
    if (value >= MIN_64 && value <= MAX_64) {
      this.#tag(INTEGER)
      this.#grow(8)
      this.#at = this.#bytes.writeBigInt64LE(value, this.#at)
      return
    }
    const bytes: number[] = []
    let rest = value
    // The loop ends when the sign bit of the last byte implies the remaining bits.
    for (;;) {
      bytes.push(Number(rest & 0xffn))
      rest >>= 8n
      const negative = (bytes.at(-1)! & 0x80) !== 0
      if ((rest === 0n && !negative) || (rest === -1n && negative)) break
    }
    this.#tag(LARGE)
    this.#u32(bytes.length)
    this.#grow(bytes.length)
    for (const byte of bytes) this.#bytes[this.#at++] = byte
  }

  #double(tag: number, value: number): void {
    this.#tag(tag)
    this.#grow(8)
    this.#at = this.#bytes.writeDoubleLE(Number.isNaN(value) ? NaN : value === 0 ? 0 : value, this.#at)
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text)
    this.#u32(length)
    this.#grow(length)
    this.#at += this.#bytes.write(text, this.#at)
  }

  #tag(tag: number): void {
    this.#grow(1)
    this.#bytes[this.#at++] = tag
  }

  #u32(n: number): void {
    this.#grow(4)
    this.#at = this.#bytes.writeUInt32LE(n, this.#at)
  }

  #grow(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Decodes canonical bytes. Tuples and rows become arrays, rows with names become objects. */
export function decodeKey(bytes: Buffer): unknown {
  let at = 0
  const u32 = (): number => bytes.readUInt32LE((at += 4) - 4)
  const take = (length: number): Buffer => bytes.subarray(at, (at += length))
  const text = (): string => take(u32()).toString('utf8')
  const items = (count: number): unknown[] => Array.from({ length: count }, next)
  function next(): unknown {
    const tag = bytes[at++]
    switch (tag) {
      case NONE:
        return null
      case FALSE:
      case TRUE:
        return tag === TRUE
      case INTEGER:
        return toNumber(take(8).readBigInt64LE())
      case LARGE:
        return [...take(u32())].reduceRight((value, byte, i, all) => {
          return i === all.length - 1 ? BigInt.asIntN(8, BigInt(byte)) : (value << 8n) | BigInt(byte)
        }, 0n)
      case NUMBER:
        return take(8).readDoubleLE()
      case TEXT:
        return text()
      case BYTES:
        return Buffer.from(take(u32()))
      case TUPLE:
        return items(u32())
      case ROW:
        at++
        return items(u32())
      case NAMED_ROW:
        at++
        return Object.fromEntries(Array.from({ length: u32() }, () => [text(), next()]))
      case INSTANT:
        return new Date(take(8).readDoubleLE())
      case PICKLE:
        throw new TypeError('the key is a Python object')
      default:
        throw new TypeError(`no key begins with the byte ${String(tag)}`)
    }
  }
  return next()
}

const toNumber = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

/** Flink's `MathUtils`: murmur3 (x86, 32 bits, seed 0) of the canonical bytes; its absolute value modulo the max parallelism. */
export function keyGroupOf(bytes: Buffer, offset: number, length: number, maxParallelism: number): number {
  const hash = murmur3(bytes, offset, length)
  return (hash >= 0 ? hash : hash === -0x80000000 ? 0 : -hash) % maxParallelism
}

/** As a signed integer of 32 bits. */
export function murmur3(bytes: Buffer, offset: number, length: number): number {
  let h = 0
  const blocksEnd = offset + (length & ~3)
  for (let at = offset; at < blocksEnd; at += 4) {
    const k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    h ^= mix(k)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = (length & 3) - 1; i >= 0; i--) tail = (tail << 8) | bytes[blocksEnd + i]!
  if ((length & 3) !== 0) h ^= mix(tail)
  h ^= length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function mix(k: number): number {
  const mixed = Math.imul(k, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
