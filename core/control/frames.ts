/**
 * The framing of messages in a stream of bytes:
 *
 *   Content-Length: N \r\n    other headers are ignored; the header has at most 4096 bytes
 *   \r\n
 *   N bytes of UTF-8 JSON     at most `maxBytes`
 */
const MAX_HEADER_BYTES = 4096
const SEPARATOR = '\r\n\r\n'

/** A frame is malformed. The beginning of the next frame is unknown, so nothing more can be read from the stream. */
export class FrameError extends Error {}

export function encodeFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}${SEPARATOR}`), body])
}

export class FrameDecoder {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0
  /** The length of the body whose header was read. `null` when a header comes next. */
  #bodyLength: number | null = null

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Yields each body that is complete with this chunk. @throws FrameError after the bodies that precede the malformed frame */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    for (let body = this.#next(); body !== null; body = this.#next()) yield body
  }

  #next(): Buffer | null {
    if (this.#bodyLength === null) {
      const buffered = this.#joined()
      const end = buffered.indexOf(SEPARATOR)
      if (end > MAX_HEADER_BYTES || (end < 0 && this.#size > MAX_HEADER_BYTES))
        throw new FrameError(`The header of a frame must not exceed ${MAX_HEADER_BYTES} bytes.`)
      if (end < 0) return null
      const length = /^content-length:\s*(\d+)\s*$/im.exec(buffered.toString('latin1', 0, end))?.[1]
      if (length === undefined)
        throw new FrameError('The header of a frame must have a Content-Length that is a whole number.')
      if (Number(length) > this.#maxBytes)
        throw new FrameError(`A message of ${length} bytes is over the limit of ${this.#maxBytes}.`)
      this.#bodyLength = Number(length)
      this.#keep(buffered.subarray(end + SEPARATOR.length))
    }
    if (this.#size < this.#bodyLength) return null
    const buffered = this.#joined()
    const body = buffered.subarray(0, this.#bodyLength)
    this.#keep(buffered.subarray(this.#bodyLength))
    this.#bodyLength = null
    return body
  }

  /** Chunks are joined once for each frame, because a large message arrives in many chunks. */
  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  #keep(rest: Buffer): void {
    this.#chunks = [rest]
    this.#size = rest.length
  }
}
