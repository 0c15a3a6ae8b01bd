/** Assembles frames from chunks of a stream. Each body has memory of its own, which the values of a RESULT keep. */
import { BridgeError } from '../../core/foundation/errors.ts'
import { HEADER_BYTES, MAX_FRAME_BYTES } from './frame.ts'
import type { Frame } from './frame.ts'

export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  #body: Buffer | null = null
  #bodyBytes = 0

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  /**
   * Reads a chunk, which the caller may overwrite after the call.
   *
   * @throws BridgeError PROTOCOL_VIOLATED
   */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#body === null) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes)
        at += taken
        this.#headerBytes += taken
        if (this.#headerBytes < HEADER_BYTES) return
        const length = this.#header.readUInt32LE(0)
        if (length < HEADER_BYTES - 4 || length > MAX_FRAME_BYTES)
          throw new BridgeError(
            'PROTOCOL_VIOLATED',
            `A frame on the function channel has ${length} bytes. The limit is ${MAX_FRAME_BYTES}.`,
          )
        this.#body = Buffer.allocUnsafeSlow(length - HEADER_BYTES + 4)
        this.#bodyBytes = 0
      }
      const taken = chunk.copy(this.#body, this.#bodyBytes, at, at + this.#body.length - this.#bodyBytes)
      at += taken
      this.#bodyBytes += taken
      if (this.#bodyBytes === this.#body.length) this.#deliver(this.#body)
    }
    if (this.#body !== null && this.#bodyBytes === this.#body.length) this.#deliver(this.#body)
  }

  #deliver(body: Buffer): void {
    const h = this.#header
    this.#body = null
    this.#headerBytes = 0
    this.#onFrame({
      type: h[4]!,
      payloadKind: h[5]!,
      flags: h[6]!,
      functionId: h.readUInt32LE(8),
      subtask: h.readUInt32LE(12),
      sequence: h.readUInt32LE(16),
      count: h.readUInt32LE(20),
      body,
    })
  }
}
