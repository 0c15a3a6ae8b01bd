/**
 * Messages as they travel on a stream of bytes:
 *
 *   Content-Length: N \r\n    other headers are skipped; all of them within 4096 bytes
 *   \r\n
 *   N bytes of UTF-8 JSON     at most `maxBytes`
 */
const MAX_HEADER_BYTES = 4096
const SEPARATOR = '\r\n\r\n'

/** There is no telling where the next frame begins: the stream is of no use any more. */
export class FrameError extends Error {}

export function encodeFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}${SEPARATOR}`), body])
}

export class FrameDecoder {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0
  /** Of the frame whose header was read; null: the header comes next. */
  #bodyLength: number | null = null

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The bodies that are complete with this chunk. @throws FrameError, after those before it */
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
        throw new FrameError(`A frame's header must end within ${MAX_HEADER_BYTES} bytes.`)
      if (end < 0) return null
      const length = /^content-length:\s*(\d+)\s*$/im.exec(buffered.toString('latin1', 0, end))?.[1]
      if (length === undefined)
        throw new FrameError('A frame must begin with a header Content-Length and a whole number.')
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

  /** Chunks are joined once a frame, not once a chunk: a large message comes in many. */
  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  #keep(rest: Buffer): void {
    this.#chunks = [rest]
    this.#size = rest.length
  }
}
