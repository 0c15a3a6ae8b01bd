// One request and its answer over HTTP/1.1 or HTTP/2, so that nobody further in knows which.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Writable } from 'node:stream'

/** More than a JSON PutRecords request of 10 MiB of data can need. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

export interface Exchange {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: '1.1' | '2'
  /** The whole body, or undefined when it is larger than any request may be. */
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
      stream: (status, headers) => {
        if (!response.destroyed) response.writeHead(status, headers)
        return streamOf(response)
      },
      reset: () => {
        if ('stream' in request) request.stream.session?.destroy()
        else request.socket.resetAndDestroy()
      },
    })
  })
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
