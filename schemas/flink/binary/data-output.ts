/** A growing buffer, in the byte order of Java's DataOutput. It is reused for each record, and `finish` copies the record. */
const FIRST_BYTES = 1024
/** A larger buffer is released after its record. */
const KEPT_BYTES = 1024 * 1024

export class DataOutput {
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  private at = 0

  start(): void {
    this.at = 0
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  }

  /** A copy of the bytes that were written since `start`. */
  finish(): Buffer {
    const record = Buffer.allocUnsafe(this.at)
    record.set(this.bytes.subarray(0, this.at))
    return record
  }

  private room(count: number): Buffer {
    if (this.at + count > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + count))
      larger.set(this.bytes.subarray(0, this.at))
      this.bytes = larger
    }
    return this.bytes
  }

  int8(value: number): void {
    this.room(1)[this.at++] = value
  }

  int16(value: number): void {
    const bytes = this.room(2)
    bytes[this.at++] = value >> 8
    bytes[this.at++] = value
  }

  int32(value: number): void {
    const bytes = this.room(4)
    const at = this.at
    bytes[at] = value >> 24
    bytes[at + 1] = value >> 16
    bytes[at + 2] = value >> 8
    bytes[at + 3] = value
    this.at = at + 4
  }

  int64(value: number | bigint): void {
    if (typeof value === 'number') {
      this.int32(Math.floor(value / 2 ** 32))
      this.int32(value >>> 0)
    } else {
      this.at = this.room(8).writeBigInt64BE(value, this.at)
    }
  }

  float32(value: number): void {
    this.at = this.room(4).writeFloatBE(value, this.at)
  }

  float64(value: number): void {
    this.at = this.room(8).writeDoubleBE(value, this.at)
  }

  raw(value: Uint8Array): void {
    this.room(value.length).set(value, this.at)
    this.at += value.length
  }

  string(value: string | null): void {
    if (value === null) {
      this.int8(0)
      return
    }
    const bytes = this.room(5 + value.length * 3)
    let at = varint(bytes, this.at, value.length + 1)
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit < 0x80) bytes[at++] = unit
      else at = varint(bytes, at, unit)
    }
    this.at = at
  }
}

function varint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}
