// One TCP port for HTTP/1.1 and cleartext HTTP/2. A client of HTTP/2 starts with the connection preface (RFC 9113, 3.3).
// The listener reads the first bytes of a connection, puts them back, and passes the socket to the HTTP server that they
// select.
import type { AddressInfo, Server, Socket } from 'node:net'

import { createServer as createHttp1Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'

import { isTooLarge, receive } from './exchange.ts'
import type { Exchange } from './exchange.ts'

/** Start of the preface of HTTP/2. No method of HTTP/1.1 starts with it. */
const PREFACE_START = 'PRI'
const WINDOW_BYTES = 16 * 1024 * 1024

export class Listener {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(handle: (exchange: Exchange) => void) {
    // There is no keep-alive timeout, because tests must see no resets but the scripted ones.
    const http1 = createHttp1Server({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      receive(request, response, handle)
    })
    // A client that waits for `100 Continue` receives the error about a body that is too large before it sends the body.
    http1.on('checkContinue', (request, response) => {
      if (!isTooLarge(request)) response.writeContinue()
      receive(request, response, handle)
    })
    const http2 = createHttp2Server({ settings: { initialWindowSize: WINDOW_BYTES } }, (request, response) => {
      receive(request, response, handle)
    })
    http2.on('session', session => session.setLocalWindowSize(WINDOW_BYTES))
    http2.on('sessionError', () => undefined)
    this.#server = createTcpServer({ noDelay: true }, socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      sniff(socket, start => (start === PREFACE_START ? http2 : http1).emit('connection', socket))
    })
  }

  /** Opens the port. Rejects when the port can not be opened, and names the reason. */
  static async listen(port: number, host: string, handle: (exchange: Exchange) => void): Promise<Listener> {
    const listener = new Listener(handle)
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message
        reject(new Error(`The emulator can not listen on ${host}:${port}: ${why}.`, { cause }))
      })
      listener.#server.listen(port, host, resolve)
    })
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Closes the port and every open connection. */
  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }
}

/** Waits for the first three bytes, puts them back and calls `decide` with them. */
function sniff(socket: Socket, decide: (start: string) => void): void {
  const read = (): void => {
    const bytes = socket.read() as Buffer | null
    if (bytes === null) return
    socket.unshift(bytes)
    if (bytes.length < PREFACE_START.length) return
    socket.off('readable', read)
    decide(bytes.toString('latin1', 0, PREFACE_START.length))
  }
  socket.on('readable', read)
}
