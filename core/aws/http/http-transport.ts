/**
 * POSTs over HTTP/1.1 with keep-alive, directly on sockets. Node's own client needs 0.3 ms more CPU for each PutRecords, and gives bodies
 * in pieces that each have to be allocated. HTTP/2 was measured slower for these calls. After an error it is not known whether the
 * request was carried out.
 */
import net from 'node:net'
import tls from 'node:tls'

import { HttpResponseParser } from './http-response-parser.ts'
import type { HttpAnswer } from './http-response-parser.ts'
import { openTunnel, proxyFailure, proxyRefusal, secured } from './http-tunnel.ts'
import type { Network } from './network.ts'
import { hostOf, portOf } from './proxies.ts'
import type { Proxy } from './proxies.ts'

export type { HttpAnswer }

export interface TransportOptions {
  readonly endpoint: URL
  readonly maxConnections: number
  readonly readTimeoutMs: number
  readonly network: Network
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
/** Servers close idle connections, Node's after 5 s. A connection that was idle for longer is not used again. */
const MAX_IDLE_MS = 4000

export class HttpTransport {
  readonly #options: TransportOptions
  readonly #open = new Set<Connection>()
  readonly #idle: Connection[] = []
  /** Requests beyond `maxConnections`. */
  readonly #queue: (() => void)[] = []
  /** `null` for direct connections. */
  readonly #proxy: Proxy | null
  /** Target of the request line, and the headers for a proxy. */
  readonly #requestLine: string
  /** Tunnels that are being made. */
  #opening = 0
  #closed = false

  /** @throws ConfigurationError for a proxy that cannot be used */
  constructor(options: TransportOptions) {
    this.#options = options
    const { endpoint, network } = options
    const proxy = network.proxyFor(endpoint)
    this.#proxy = proxy
    const whole = proxy !== null && endpoint.protocol === 'http:'
    const authorization = whole ? proxy.authorization : null
    this.#requestLine = `POST ${whole ? endpoint.origin : ''}${endpoint.pathname} HTTP/1.1\r\n${authorization === null ? '' : `proxy-authorization: ${authorization}\r\n`}`
  }

  /** If `signal` aborts, the connection is closed, because it is not known how much of the request was sent. */
  post(headers: Readonly<Record<string, string>>, body: Uint8Array, signal?: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const send = (): void => {
        if (this.#closed || signal?.aborted === true) {
          reject(new Error(this.#closed ? 'the client is closed' : 'the request was given up'))
          this.#queue.shift()?.()
          return
        }
        const idle = this.#takeIdle()
        if (idle !== undefined) write(idle)
        else if (this.#proxy !== null && this.#options.endpoint.protocol === 'https:')
          this.#tunnel(this.#proxy, write, reject, signal)
        else write(this.#connect(null))
      }
      const write = (connection: Connection): void => {
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
      if (this.#idle.length > 0 || this.#open.size + this.#opening < this.#options.maxConnections) send()
      else this.#queue.push(send)
    })
  }

  /** Rejects the posts in flight. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#open]) this.#fail(connection, new Error('the client was closed'))
    for (const send of this.#queue.splice(0)) send()
  }

  #head(headers: Readonly<Record<string, string>>): string {
    let text = this.#requestLine
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

  /** Makes a connection through a proxy, for one request. */
  #tunnel(
    proxy: Proxy,
    use: (connection: Connection) => void,
    fail: (error: Error) => void,
    signal: AbortSignal | undefined,
  ): void {
    const { endpoint, network } = this.#options
    const onAbort = (): void => fail(new Error('the request was given up'))
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#opening++
    openTunnel(proxy, endpoint, network)
      .finally(() => {
        this.#opening--
        signal?.removeEventListener('abort', onAbort)
      })
      .then(tunnel => {
        if (!this.#closed && signal?.aborted !== true) use(this.#connect(secured(tunnel, endpoint, network)))
        else {
          tunnel.destroy()
          fail(new Error('the client is closed'))
        }
      })
      .catch((error: unknown) => {
        fail(error as Error)
        this.#queue.shift()?.()
      })
  }

  #connect(tunnel: tls.TLSSocket | null): Connection {
    const proxy = tunnel === null ? this.#proxy : null
    const socket =
      tunnel ?? this.#directSocket(proxy?.url ?? this.#options.endpoint, bytes => this.#read(connection, bytes))
    const connection: Connection = {
      socket,
      parser: new HttpResponseParser(),
      waiting: null,
      written: false,
      reusable: false,
      idleSince: 0,
    }
    this.#open.add(connection)
    if (tunnel !== null) tunnel.on('data', (bytes: Buffer) => this.#read(connection, bytes))
    socket.on('error', (error: Error) => this.#fail(connection, proxy === null ? error : proxyFailure(proxy, error)))
    socket.on('timeout', () => this.#fail(connection, new Error(`no answer for ${this.#options.readTimeoutMs} ms`)))
    socket.on('end', () => this.#ended(connection))
    socket.on('close', () => this.#fail(connection, new Error('the connection was closed within a request')))
    return connection
  }

  /** Connects to the endpoint, or to the proxy that forwards the requests. */
  #directSocket(to: URL, read: (bytes: Buffer) => void): net.Socket {
    const host = hostOf(to)
    const options = {
      host,
      port: portOf(to),
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
        callback: (bytes: number, buffer: Uint8Array): boolean => {
          read((buffer as Buffer).subarray(0, bytes))
          return true
        },
      },
    }
    if (to.protocol !== 'https:') return net.connect(options)
    const servername = net.isIP(host) === 0 ? { servername: host } : {}
    return tls.connect({ ...options, ...servername, ...this.#options.network.tls() } as tls.ConnectionOptions)
  }

  #read(connection: Connection, bytes: Buffer): void {
    if (connection.waiting === null) {
      this.#fail(connection, new Error('an answer without a request'))
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
    const refusal = this.#proxy === null ? null : proxyRefusal(this.#proxy, answer.status)
    if (refusal !== null) {
      this.#fail(connection, refusal)
      return
    }
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
    connection.socket.setTimeout(0) // only until the answer: after it the server need not read the rest of the request
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
