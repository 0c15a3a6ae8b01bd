/** A cursor over one record, in the byte order of Java's DataInput. The caller checks with `need` that the bytes exist. */
import type { ShardlineError } from '../../../core/foundation/errors.ts'
import { recordMalformed } from '../../contracts/value-codec.ts'

const TWO_32 = 2 ** 32
const scratch = new DataView(new ArrayBuffer(8))
let units = new Uint16Array(256)
/** Up to this length, decoding in JavaScript is faster than a native call. */
const SHORT_TEXT = 24
/** The most arguments that one call gets. */
const CHUNK = 4096

export class DataInput {
  bytes: Uint8Array = new Uint8Array()
  at = 0
  end = 0

  open(record: Buffer): void {
    this.bytes = record
    this.at = 0
    this.end = record.length
  }

  /** @throws ShardlineError RECORD_MALFORMED */
  need(count: number, path: string): void {
    if (this.end - this.at < count) throw cutOff(path)
  }

  int8(): number {
    return (this.bytes[this.at++]! << 24) >> 24
  }

  int16(): number {
    const { bytes, at } = this
    this.at = at + 2
    return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!
  }

  int32(): number {
    const { bytes, at } = this
    this.at = at + 4
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  /** A number when it is a safe integer, otherwise a bigint. */
  int64(): number | bigint {
    const high = this.int32()
    const low = this.int32() >>> 0
    const value = high * TWO_32 + low
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
  }

  float32(): number {
    scratch.setInt32(0, this.int32())
    return scratch.getFloat32(0)
  }

  float64(): number {
    scratch.setInt32(0, this.int32())
    scratch.setInt32(4, this.int32())
    return scratch.getFloat64(0)
  }

  /** Reads the number of elements. Fails when the record cannot hold them, each with at least `leastBytes` bytes. */
  length(leastBytes: number, path: string): number {
    this.need(4, path)
    const length = this.int32()
    if (length < 0) throw recordMalformed(`The record has the negative length ${length} in ${place(path)}.`)
    if (length * leastBytes > this.end - this.at) throw cutOff(path)
    return length
  }

  /** StringValue: the length + 1, then each UTF-16 unit, all as numbers of 7 bits a byte; 0 is null. */
  string(path: string): string | null {
    const length = this.varint(path) - 1
    if (length < 0) return null
    this.need(length, path)
    const { bytes, at } = this
    const asciiEnd = at + length
    if (length <= SHORT_TEXT) {
      let text = ''
      let i = at
      for (; i < asciiEnd && bytes[i]! < 0x80; i++) text += String.fromCharCode(bytes[i]!)
      if (i < asciiEnd) return this.units(length, path)
      this.at = asciiEnd
      return text
    }
    for (let i = at; i < asciiEnd; i++) if (bytes[i]! >= 0x80) return this.units(length, path)
    this.at = asciiEnd
    return (bytes as Buffer).latin1Slice(at, asciiEnd)
  }

  private units(length: number, path: string): string {
    if (units.length < length) units = new Uint16Array(length * 2)
    for (let i = 0; i < length; i++) units[i] = this.varint(path)
    let text = ''
    for (let i = 0; i < length; i += CHUNK)
      text += String.fromCharCode(...units.subarray(i, Math.min(length, i + CHUNK)))
    return text
  }

  private varint(path: string): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      this.need(1, path)
      const byte = this.bytes[this.at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw recordMalformed(`The record has a number of more than 5 bytes in ${place(path)}.`)
  }
}

export const place = (path: string): string => (path === '' ? 'its value' : `field '${path}'`)

function cutOff(path: string): ShardlineError {
  return recordMalformed(`The record is truncated in ${place(path)}.`)
}
