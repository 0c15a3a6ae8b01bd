// One request and its answer, over HTTP/1.1 or HTTP/2: the rest of the emulator does not see the difference.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Writable } from 'node:stream'

/**
 * Bytes that the body of a request may have: 16 MiB. The largest request that the service takes is a PutRecords of 10 MiB
 * of keys and data in 500 records, which is 14 MiB in base64, and at most 1.6 MiB more for escaped keys, hash keys and names.
 */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

export interface Exchange {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: '1.1' | '2'
  /** The whole body, or undefined when it has more than `MAX_BODY_BYTES`. */
  readonly body: Buffer | undefined
  respond(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void
  /** Begins an answer of unknown length. */
  stream(status: number, headers: Readonly<Record<string, string>>): ResponseStream
  /** Breaks the connection without an answer. */
  reset(): void
}

/** An answer that is written piece by piece. */
export interface ResponseStream {
  /** Resolves when the piece has left for the client, or the client is gone. */
  write(piece: Buffer): Promise<void>
  end(): void
  /** Breaks the connection in the middle of the answer; what was written has left. */
  cut(): void
  /** Calls back once the answer has ended, or the client is gone. */
  onClose(callback: () => void): void
}

/**
 * Collects the body, then hands the exchange over. A body that is declared, or turns out, to be too large is handed over at
 * once as undefined; what still comes of it is read and dropped, so that clients that send all before they read get their
 * answer. A request whose connection breaks is dropped.
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

/** Whether a request declares a body that is too large. */
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
