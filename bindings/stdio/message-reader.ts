/**
 * Reads `Content-Length` frames from a stream that anybody may write to, and answers what is no request, as JSON-RPC asks for:
 * text that is not JSON and JSON that is no message get an error with the id null, and reading goes on. A frame whose length
 * cannot be known, or is over the limit, gets the same error and is the end: there is no telling where the next one begins.
 */
import type { Readable } from 'node:stream'

import { AbstractMessageReader, ErrorCodes } from 'vscode-jsonrpc/node'
import type { DataCallback, Disposable, Message, MessageReader } from 'vscode-jsonrpc/node'

import { MAX_MESSAGE_BYTES } from './protocol.ts'

/** An answer to something that has no id. */
export interface Refusal {
  readonly jsonrpc: '2.0'
  readonly id: null
  readonly error: { readonly code: number; readonly message: string }
}

const MAX_HEADER_BYTES = 4096
const SEPARATOR = '\r\n\r\n'

export class FrameMessageReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable
  readonly #refuse: (refusal: Refusal) => Promise<void>
  #chunks: Buffer[] = []
  #size = 0
  /** Of the frame whose header was read; null: the header comes next. */
  #bodyLength: number | null = null
  #ended = false

  constructor(input: Readable, refuse: (refusal: Refusal) => Promise<void>) {
    super()
    this.#input = input
    this.#refuse = refuse
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => {
      if (this.#ended) return
      this.#chunks.push(chunk)
      this.#size += chunk.length
      while (!this.#ended) {
        const body = this.#nextBody()
        if (body === null) return
        this.#deliver(body, callback)
      }
    }
    this.#input.on('data', onData)
    this.#input.on('error', (error: Error) => this.fireError(error))
    this.#input.once('close', () => this.fireClose())
    this.#input.once('end', () => this.fireClose())
    return { dispose: () => this.#input.off('data', onData) }
  }

  #nextBody(): Buffer | null {
    if (this.#bodyLength === null) {
      const buffered = this.#joined()
      const end = buffered.indexOf(SEPARATOR)
      if (end > MAX_HEADER_BYTES || (end < 0 && this.#size > MAX_HEADER_BYTES))
        return this.#end(`A frame's header must end within ${MAX_HEADER_BYTES} bytes.`)
      if (end < 0) return null
      const length = /^content-length:\s*(\d+)\s*$/im.exec(buffered.toString('latin1', 0, end))?.[1]
      if (length === undefined) return this.#end('A frame must begin with a header Content-Length and a whole number.')
      if (Number(length) > MAX_MESSAGE_BYTES)
        return this.#end(`A message of ${length} bytes is over the limit of ${MAX_MESSAGE_BYTES}.`)
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

  #deliver(body: Buffer, callback: DataCallback): void {
    let message: unknown
    try {
      message = JSON.parse(body.toString('utf8'))
    } catch (error) {
      void this.#answer(ErrorCodes.ParseError, `The message is not JSON: ${(error as Error).message}.`)
      return
    }
    if (isMessage(message)) callback(message)
    else
      void this.#answer(ErrorCodes.InvalidRequest, "A message must be an object with 'jsonrpc': '2.0' and a 'method'.")
  }

  #end(why: string): null {
    this.#ended = true
    this.#keep(Buffer.alloc(0))
    void this.#answer(ErrorCodes.ParseError, why).finally(() => this.fireClose())
    return null
  }

  #answer(code: number, message: string): Promise<void> {
    return this.#refuse({ jsonrpc: '2.0', id: null, error: { code, message } })
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

/** A request or a notification; the engine asks its clients nothing, so a response to it is a mistake as well. */
function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false
  const { jsonrpc, method } = value as { jsonrpc?: unknown; method?: unknown }
  return jsonrpc === '2.0' && typeof method === 'string'
}
