/**
 * POSTs over HTTP/1.1 with keep-alive, straight on sockets. Node's own client costs 0.3 ms of CPU more per PutRecords than
 * this, and gives bodies in pieces that each have to be allocated. HTTP/2 brings nothing for these calls (measured slower).
 * A failure is an Error; whether the request was carried out is then not known.
 */
import net from 'node:net'
import tls from 'node:tls'

import { HttpResponseParser } from './http-response-parser.ts'
import type { HttpAnswer } from './http-response-parser.ts'

export type { HttpAnswer }

export interface TransportOptions {
  readonly endpoint: URL
  readonly maxConnections: number
  readonly readTimeoutMs: number
  readonly trustAllCertificates: boolean
}

interface Waiting {
  readonly resolve: (answer: HttpAnswer) => void
  readonly reject: (error: Error) => void
}

interface Connection {
  readonly socket: net.Socket
  readonly parser: HttpResponseParser
  waiting: Waiting | null
  /** The request has left this process: an answer may come before that, and the rest would be taken for a request. */
  written: boolean
  reusable: boolean
  /** When it last carried an answer; `performance.now()`. */
  idleSince: number
}

const READ_BUFFER_BYTES = 128 * 1024
/** Servers close idle connections, Node's after 5 s: one that has been idle for longer is not trusted with a request. */
const MAX_IDLE_MS = 4000

export class HttpTransport {
  readonly #options: TransportOptions
  readonly #open = new Set<Connection>()
  readonly #idle: Connection[] = []
  /** Requests beyond `maxConnections`. */
  readonly #queue: (() => void)[] = []
  #closed = false

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /** Where `signal` aborts, the connection is given up: nobody can know how far the request came. */
  post(headers: Readonly<Record<string, string>>, body: Uint8Array, signal?: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const send = (): void => {
        if (this.#closed || signal?.aborted === true) {
          reject(new Error(this.#closed ? 'the client is closed' : 'the request was given up'))
          this.#queue.shift()?.()
          return
        }
        const connection = this.#takeIdle() ?? this.#connect()
        signal?.addEventListener('abort', () => {
          if (connection.waiting?.resolve === resolve) this.#fail(connection, new Error('the request was given up'))
        })
        connection.waiting = { resolve, reject }
        connection.written = connection.reusable = false
        const { socket } = connection
        socket.setTimeout(this.#options.readTimeoutMs)
        socket.cork()
        socket.write(this.#head(headers), 'latin1')
        socket.write(body, error => {
          if (error) return // 'error' and 'close' tell
          connection.written = true
          this.#release(connection)
        })
        socket.uncork()
      }
      if (this.#idle.length > 0 || this.#open.size < this.#options.maxConnections) send()
      else this.#queue.push(send)
    })
  }

  /** Ends what is under way: pending posts reject. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#open]) this.#fail(connection, new Error('the client was closed'))
    for (const send of this.#queue.splice(0)) send()
  }

  #head(headers: Readonly<Record<string, string>>): string {
    let text = `POST ${this.#options.endpoint.pathname} HTTP/1.1\r\n`
    for (const name in headers) text += `${name}: ${headers[name]!}\r\n`
    return `${text}\r\n`
  }

  #takeIdle(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (performance.now() - connection.idleSince < MAX_IDLE_MS) return connection
      this.#fail(connection, new Error('idle for too long'))
    }
    return undefined
  }

  #connect(): Connection {
    const { endpoint, trustAllCertificates } = this.#options
    const secure = endpoint.protocol === 'https:'
    const host = endpoint.hostname.replace(/^\[|\]$/g, '')
    const options = {
      host,
      port: Number(endpoint.port) || (secure ? 443 : 80),
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
        callback: (bytes: number, buffer: Uint8Array): boolean => {
          this.#read(connection, (buffer as Buffer).subarray(0, bytes))
          return true
        },
      },
    }
    const servername = net.isIP(host) === 0 ? { servername: host } : {}
    const socket = secure
      ? tls.connect({ ...options, ...servername, rejectUnauthorized: !trustAllCertificates } as tls.ConnectionOptions)
      : net.connect(options)
    const connection: Connection = {
      socket,
      parser: new HttpResponseParser(),
      waiting: null,
      written: false,
      reusable: false,
      idleSince: 0,
    }
    this.#open.add(connection)
    socket.on('error', (error: Error) => this.#fail(connection, error))
    socket.on('timeout', () => this.#fail(connection, new Error(`no answer for ${this.#options.readTimeoutMs} ms`)))
    socket.on('end', () => this.#ended(connection))
    socket.on('close', () => this.#fail(connection, new Error('the connection was closed within a request')))
    return connection
  }

  #read(connection: Connection, bytes: Buffer): void {
    if (connection.waiting === null) {
      this.#fail(connection, new Error('an answer that nobody asked for'))
      return
    }
    try {
      const answer = connection.parser.push(bytes)
      if (answer !== null) this.#answered(connection, answer)
    } catch (error) {
      this.#fail(connection, error as Error)
    }
  }

  #ended(connection: Connection): void {
    const answer = connection.waiting === null ? null : connection.parser.end()
    if (answer !== null) this.#answered(connection, answer)
    this.#fail(connection, new Error('the connection was closed within a request'))
  }

  #answered(connection: Connection, answer: HttpAnswer): void {
    const { waiting } = connection
    connection.waiting = null
    connection.reusable = answer.keepAlive
    if (answer.keepAlive) this.#release(connection)
    else this.#fail(connection, new Error('the server closed the connection'))
    waiting!.resolve(answer)
  }

  /** Once it was answered and the request is out, a connection may carry the next one. */
  #release(connection: Connection): void {
    if (!connection.written || !connection.reusable || !this.#open.has(connection)) return
    connection.reusable = false
    connection.socket.setTimeout(0) // until then: whoever has answered need not read the rest of the request
    connection.idleSince = performance.now()
    this.#idle.push(connection)
    this.#queue.shift()?.()
  }

  #fail(connection: Connection, error: Error): void {
    if (!this.#open.delete(connection)) return
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    connection.socket.destroy()
    connection.waiting?.reject(error)
    connection.waiting = null
    this.#queue.shift()?.()
  }
}
