// Writes CBOR with definite lengths. Integers have their shortest form, and other numbers are doubles. A Date is tag 1 with
// epoch milliseconds. Undefined members are omitted.
import { ARRAY, BYTES, headLength, MAP, NEGATIVE, TAG, TEXT, UNSIGNED, writeHead } from './cbor-head.ts'
import type { WireObject, WireValue } from './wire-value.ts'
import { isWireObject } from './wire-value.ts'

export function encodeCbor(value: WireValue): Buffer {
  const writer = new CborWriter()
  writer.value(value)
  return writer.bytes()
}

export class CborWriter {
  #out: Buffer
  #at = 0

  /** @param capacity Initial size of the buffer in bytes. The buffer grows when it is full. */
  constructor(capacity = 512) {
    this.#out = Buffer.allocUnsafe(capacity)
  }

  bytes(): Buffer {
    return this.#out.subarray(0, this.#at)
  }

  value(value: WireValue): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'boolean') this.#byte(value ? 0xf5 : 0xf4)
    else if (value === null || value === undefined) this.#byte(0xf6)
    else if (value instanceof Date) this.#date(value)
    else if (value instanceof Uint8Array) this.#copy(BYTES, value)
    else if (isWireObject(value)) this.#object(value)
    else {
      this.head(ARRAY, value.length)
      for (const item of value) this.value(item)
    }
  }

  head(major: number, argument: number): void {
    this.#reserve(headLength(argument))
    this.#at = writeHead(this.#out, this.#at, major, argument)
  }

  #object(value: WireObject): void {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    this.head(MAP, members.length)
    for (const [name, member] of members) {
      this.#text(name)
      this.value(member)
    }
  }

  #date(value: Date): void {
    this.head(TAG, 1)
    this.#number(value.getTime())
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value < 0) this.head(NEGATIVE, -1 - value)
      else this.head(UNSIGNED, value)
      return
    }
    this.#byte(0xfb)
    this.#reserve(8)
    this.#at = this.#out.writeDoubleBE(value, this.#at)
  }

  #text(value: string): void {
    this.#copy(TEXT, Buffer.from(value, 'utf8'))
  }

  #copy(major: number, bytes: Uint8Array): void {
    this.head(major, bytes.length)
    this.#reserve(bytes.length)
    this.#out.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#out[this.#at++] = byte
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#at + bytes))
    this.#out.copy(grown, 0, 0, this.#at)
    this.#out = grown
  }
}
