// One request and its response, over HTTP/1.1 or HTTP/2. It hides the difference from the rest of the emulator.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Writable } from 'node:stream'

/**
 * Largest size of the body of a request: 16 MiB. The largest request that the service accepts is a PutRecords with 10 MiB
 * of keys and data in 500 records. It has 14 MiB in base64, and at most 1.6 MiB more for escaped keys, hash keys and names.
 */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

export interface Exchange {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: '1.1' | '2'
  /** The body. Undefined when it has more than `MAX_BODY_BYTES`. */
  readonly body: Buffer | undefined
  respond(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void
  /** Begins a response of unknown length. */
  stream(status: number, headers: Readonly<Record<string, string>>): ResponseStream
  /** Breaks the connection without a response. */
  reset(): void
}

/** A response that is written in pieces. */
export interface ResponseStream {
  /** Writes a piece. Resolves when the piece is sent or the connection is closed. */
  write(piece: Buffer): Promise<void>
  end(): void
  /** Breaks the connection before the end of the response, after the pieces that were written are sent. */
  cut(): void
  /** Calls `callback` once, when the response has ended or the connection is closed. */
  onClose(callback: () => void): void
}

/**
 * Collects the body and then calls `handle`. When the body is too large, by its declared length or by its actual length,
 * `handle` is called at once without it. The rest of the body is read and discarded, so that a client that sends the whole
 * body before it reads receives the response. When the connection breaks, `handle` is not called.
 */
export function receive(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  handle: (exchange: Exchange) => void,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  const collect = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) refuse()
    else chunks.push(chunk)
  }
  const complete = (): void => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    handle(exchangeOf(request, response, body))
  }
  const refuse = (): void => {
    request.off('data', collect)
    request.off('end', complete)
    chunks.length = 0
    request.resume()
    handle(exchangeOf(request, response, undefined))
  }
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  if (isTooLarge(request)) {
    refuse()
    return
  }
  request.on('data', collect)
  request.on('end', complete)
}

/** Returns whether the request declares a body that is too large. */
export function isTooLarge({ headers }: IncomingMessage | Http2ServerRequest): boolean {
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES
}

function exchangeOf(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  body: Buffer | undefined,
): Exchange {
  return {
    method: request.method ?? '',
    headers: request.headers,
    httpVersion: 'stream' in request ? '2' : '1.1',
    body,
    respond: (status, headers, answer) => {
      if (response.destroyed) return
      response.writeHead(status, { ...headers, 'content-length': String(answer.length) })
      response.end(answer)
    },
    stream: (status, headers) => {
      if (!response.destroyed) response.writeHead(status, headers)
      return streamOf(response)
    },
    reset: () => {
      if ('stream' in request) request.stream.session?.destroy()
      else request.socket.resetAndDestroy()
    },
  }
}

function streamOf(response: ServerResponse | Http2ServerResponse): ResponseStream {
  const sink: Writable = response
  return {
    write: async piece =>
      new Promise(resolve => {
        const done = (): void => {
          sink.off('close', done)
          resolve()
        }
        sink.once('close', done)
        sink.write(piece, done)
      }),
    end: () => void response.end(),
    cut: () => {
      if ('stream' in response) response.stream.session?.destroy()
      else response.socket?.destroySoon()
    },
    onClose: callback => {
      const gone = 'stream' in response ? response.stream.destroyed : response.destroyed
      if (gone) callback()
      else sink.once('close', callback)
    },
  }
}
