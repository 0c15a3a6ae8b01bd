// Opaque text for clients to hand back: bytes and a keyed hash of them, so that a changed iterator or token is noticed.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const MAC_BYTES = 16

export class Seal {
  readonly #secret = randomBytes(32)

  /** Base64 of the bytes and their hash. */
  close(bytes: Buffer): string {
    return Buffer.concat([bytes, this.#mac(bytes)]).toString('base64')
  }

  /** The bytes, or undefined when the text is not what `close` gave. */
  open(text: string): Buffer | undefined {
    const sealed = Buffer.from(text, 'base64')
    if (sealed.length <= MAC_BYTES || sealed.toString('base64') !== text) return undefined
    const bytes = sealed.subarray(0, -MAC_BYTES)
    return timingSafeEqual(sealed.subarray(-MAC_BYTES), this.#mac(bytes)) ? bytes : undefined
  }

  #mac(bytes: Buffer): Buffer {
    return createHmac('sha256', this.#secret).update(bytes).digest().subarray(0, MAC_BYTES)
  }
}
