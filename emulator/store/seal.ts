// Opaque texts that clients send back, such as shard iterators. A text holds bytes and a keyed hash of the bytes and of
// their purpose. A text that was changed, or that was made for another purpose, is detected.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const MAC_BYTES = 16

export class Seal {
  readonly #secret = randomBytes(32)

  /** Returns the bytes and their hash in base64. */
  close(purpose: string, bytes: Buffer): string {
    return Buffer.concat([bytes, this.#mac(purpose, bytes)]).toString('base64')
  }

  /** Returns the bytes, or undefined when `close` did not make the text for the same purpose. */
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
