/**
 * Reads `Content-Length` frames from an untrusted stream. As JSON-RPC requires, text that is not JSON and JSON that is not a message
 * are answered with an error with the id null, and reading continues. A frame with an invalid length, or a length over the limit, is
 * answered with the same error and ends the stream, because the beginning of the next frame is unknown.
 */
import type { Readable } from 'node:stream'

import { AbstractMessageReader, ErrorCodes } from 'vscode-jsonrpc/node'
import type { DataCallback, Disposable, Message, MessageReader } from 'vscode-jsonrpc/node'

import { FrameDecoder, FrameError } from '../../core/control/frames.ts'
import { MAX_MESSAGE_BYTES } from './driver-protocol.ts'
import { messageOf } from '../../core/foundation/errors.ts'

/** The answer to input that has no id. */
export interface Refusal {
  readonly jsonrpc: '2.0'
  readonly id: null
  readonly error: { readonly code: number; readonly message: string }
}

export class FrameMessageReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable
  readonly #refuse: (refusal: Refusal) => Promise<void>
  readonly #frames = new FrameDecoder(MAX_MESSAGE_BYTES)
  #ended = false

  constructor(input: Readable, refuse: (refusal: Refusal) => Promise<void>) {
    super()
    this.#input = input
    this.#refuse = refuse
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => {
      if (this.#ended) return
      try {
        for (const body of this.#frames.push(chunk)) this.#deliver(body, callback)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        this.#ended = true
        void this.#answer(ErrorCodes.ParseError, error.message).finally(() => this.fireClose())
      }
    }
    this.#input.on('data', onData)
    this.#input.on('error', (error: Error) => this.fireError(error))
    this.#input.once('close', () => this.fireClose())
    this.#input.once('end', () => this.fireClose())
    return { dispose: () => this.#input.off('data', onData) }
  }

  #deliver(body: Buffer, callback: DataCallback): void {
    let message: unknown
    try {
      message = JSON.parse(body.toString('utf8'))
    } catch (error) {
      void this.#answer(ErrorCodes.ParseError, `The message is not JSON: ${messageOf(error)}.`)
      return
    }
    if (isMessage(message)) callback(message)
    else
      void this.#answer(ErrorCodes.InvalidRequest, "A message must be an object with 'jsonrpc': '2.0' and a 'method'.")
  }

  #answer(code: number, message: string): Promise<void> {
    return this.#refuse({ jsonrpc: '2.0', id: null, error: { code, message } })
  }
}

/** Whether the value is a request or a notification. A response is invalid, because the engine sends these clients no requests. */
function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false
  const { jsonrpc, method } = value as { jsonrpc?: unknown; method?: unknown }
  return jsonrpc === '2.0' && typeof method === 'string'
}
