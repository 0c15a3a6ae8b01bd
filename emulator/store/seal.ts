// Opaque text for clients to hand back: bytes and a keyed hash of them and of what they are for, so that a changed text is
// noticed, and one that was given for something else too.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const MAC_BYTES = 16

export class Seal {
  readonly #secret = randomBytes(32)

  /** Base64 of the bytes and their hash. */
  close(purpose: string, bytes: Buffer): string {
    return Buffer.concat([bytes, this.#mac(purpose, bytes)]).toString('base64')
  }

  /** The bytes, or undefined when the text is not what `close` gave for the same purpose. */
  open(purpose: string, text: string): Buffer | undefined {
    const sealed = Buffer.from(text, 'base64')
    if (sealed.length <= MAC_BYTES || sealed.toString('base64') !== text) return undefined
    const bytes = sealed.subarray(0, -MAC_BYTES)
    return timingSafeEqual(sealed.subarray(-MAC_BYTES), this.#mac(purpose, bytes)) ? bytes : undefined
  }

  #mac(purpose: string, bytes: Buffer): Buffer {
    const mac = createHmac('sha256', this.#secret).update(`${purpose}\n`).update(bytes)
    return mac.digest().subarray(0, MAC_BYTES)
  }
}
