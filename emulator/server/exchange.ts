// One request and its answer over HTTP/1.1 or HTTP/2, so that nobody further in knows which.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** More than a JSON PutRecords request of 10 MiB of data can need. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

export interface Exchange {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: '1.1' | '2'
  /** The whole body, or undefined when it is larger than any request may be. */
  readonly body: Buffer | undefined
  respond(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void
  /** Breaks the connection without an answer. */
  reset(): void
}

/** Collects the body, then hands the exchange over. A request whose connection breaks is dropped. */
export function receive(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  handle: (exchange: Exchange) => void,
): void {
  let chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) chunks = []
    else chunks.push(chunk)
  })
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    handle({
      method: request.method ?? '',
      headers: request.headers,
      httpVersion: 'stream' in request ? '2' : '1.1',
      body: bytes > MAX_BODY_BYTES ? undefined : body,
      respond: (status, headers, answer) => {
        if (response.destroyed) return
        response.writeHead(status, { ...headers, 'content-length': String(answer.length) })
        response.end(answer)
      },
      reset: () => {
        if ('stream' in request) request.stream.session?.destroy()
        else request.socket.resetAndDestroy()
      },
    })
  })
}
