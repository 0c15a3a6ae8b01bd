// Reads CBOR (RFC 8949) as clients of the service write it: definite and indefinite lengths, and the integers, floats and
// tags that they use. A body that ends within an item, is nested too deeply or has bytes after its item is a
// SerializationException.
//
// | item                  | becomes                                                    |
// |-----------------------|------------------------------------------------------------|
// | integer, float        | number; an integer beyond 2^53 is refused                  |
// | byte string           | bytes, a view of the body                                  |
// | text                  | string                                                     |
// | array, map            | array, object (keys must be text)                          |
// | tag 1 (epoch)         | Date; the number is **milliseconds**, as in the service    |
// | any other tag         | the tagged item                                            |
// | false, true, null     | the same value; undefined becomes null                     |
import { serialization } from '../errors.ts'
import { ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TAG, TEXT, UNSIGNED } from './cbor-head.ts'
import type { WireObject, WireValue } from './wire-value.ts'
import { isWireObject } from './wire-value.ts'

const MAX_DEPTH = 32
const EPOCH_TAG = 1
/** The argument of an item of indefinite length. */
export const INDEFINITE = -1

/** Reads a whole body, which must be a map. */
export function decodeCborObject(body: Buffer): WireObject {
  const reader = new CborReader(body)
  const value = reader.value()
  if (reader.at !== body.length) throw serialization('The CBOR body has bytes after its end')
  if (!isWireObject(value)) throw serialization('The CBOR body is not a map')
  return value
}

export class CborReader {
  readonly body: Buffer
  /** Offset of the next byte. */
  at = 0
  /** Major type of the head that was read last. */
  major = 0
  #depth = 0

  constructor(body: Buffer) {
    this.body = body
  }

  /** Reads a head. Sets `major` and returns the argument, or INDEFINITE. A break (0xff) is SIMPLE and INDEFINITE. */
  head(): number {
    const { body } = this
    if (this.at >= body.length) throw serialization('The CBOR body ends within an item')
    const first = body[this.at]!
    this.major = first >> 5
    const low = first & 31
    if (low < 24) {
      this.at++
      return low
    }
    if (low === 31) {
      this.at++
      return INDEFINITE
    }
    if (low > 27) throw serialization(`The CBOR body has a malformed head at offset ${this.at}`)
    const bytes = 1 << (low - 24)
    if (this.at + bytes >= body.length) throw serialization('The CBOR body ends within an item')
    const at = this.at + 1
    this.at = at + bytes
    if (bytes === 1) return body[at]!
    if (bytes === 2) return body.readUInt16BE(at)
    if (bytes === 4) return body.readUInt32BE(at)
    return body.readUInt32BE(at) * 0x1_0000_0000 + body.readUInt32BE(at + 4)
  }

  /** Returns whether the head that was read last has this major type. */
  isA(major: number): boolean {
    return this.major === major
  }

  /** Moves past `length` bytes and returns their offset. */
  skip(length: number): number {
    const start = this.at
    if (start + length > this.body.length) throw serialization('The CBOR body ends within an item')
    this.at = start + length
    return start
  }

  /**
   * Returns whether a container of `length` items has more than the `read` items that were read. Reads the break at its
   * end.
   */
  more(length: number, read: number): boolean {
    if (length !== INDEFINITE) return read < length
    if (this.body[this.at] !== 0xff) return true
    this.at++
    return false
  }

  value(): WireValue {
    const start = this.at
    const argument = this.head()
    switch (this.major) {
      case UNSIGNED:
        return safe(argument)
      case NEGATIVE:
        return -1 - safe(argument)
      case BYTES:
        return this.#bytes(argument)
      case TEXT:
        return this.#bytes(argument, TEXT).toString('utf8')
      case ARRAY:
        return this.#nested(() => this.#array(argument))
      case MAP:
        return this.#nested(() => this.#map(argument))
      case TAG:
        return this.#nested(() => tagged(argument, this.value()))
      case SIMPLE:
      default:
        return this.#simple(start)
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw serialization('The CBOR body is nested too deeply')
    const result = read()
    this.#depth--
    return result
  }

  #bytes(length: number, major = BYTES): Buffer {
    if (length !== INDEFINITE) {
      const start = this.skip(length)
      return this.body.subarray(start, this.at)
    }
    const chunks: Buffer[] = []
    while (this.more(INDEFINITE, 0)) {
      const chunk = this.head()
      if (this.major !== major || chunk === INDEFINITE) throw serialization('The CBOR body has a malformed chunk')
      const start = this.skip(chunk)
      chunks.push(this.body.subarray(start, this.at))
    }
    return Buffer.concat(chunks)
  }

  #array(length: number): WireValue[] {
    const items: WireValue[] = []
    while (this.more(length, items.length)) items.push(this.value())
    return items
  }

  #map(length: number): WireObject {
    const members: [string, WireValue][] = []
    while (this.more(length, members.length)) {
      const name = this.value()
      if (typeof name !== 'string') throw serialization('The CBOR body has a map key that is not text')
      members.push([name, this.value()])
    }
    return Object.fromEntries(members)
  }

  #simple(start: number): WireValue {
    switch (this.body[start]! & 31) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return halfFloat(this.body.readUInt16BE(start + 1))
      case 26:
        return this.body.readFloatBE(start + 1)
      case 27:
        return this.body.readDoubleBE(start + 1)
      default:
        throw serialization(`The CBOR body has an item of a kind that is not accepted at offset ${start}`)
    }
  }
}

function safe(argument: number): number {
  if (Number.isSafeInteger(argument) && argument >= 0) return argument
  throw serialization('The CBOR body has an integer beyond 2^53, or of indefinite length')
}

function tagged(tag: number, value: WireValue): WireValue {
  if (tag !== EPOCH_TAG) return value
  if (typeof value !== 'number') throw serialization('The CBOR body has a timestamp that is not a number')
  return new Date(value)
}

function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits >> 15 === 0 ? 1 : -1
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}
