// One TCP port that speaks HTTP/1.1 and, to clients that start with its preface, cleartext HTTP/2 (RFC 9113, 3.3). The
// first bytes of a connection decide; they are given back before the HTTP server of choice takes the socket.
import type { AddressInfo, Server, Socket } from 'node:net'

import { createServer as createHttp1Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'

import { isTooLarge, receive } from './exchange.ts'
import type { Exchange } from './exchange.ts'

/** No HTTP/1.1 method starts like this. */
const PREFACE_START = 'PRI'
const WINDOW_BYTES = 16 * 1024 * 1024

export class Listener {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(handle: (exchange: Exchange) => void) {
    // No keep-alive timeout: the emulator does not close idle connections, so that tests see no other resets than scripted ones.
    const http1 = createHttp1Server({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      receive(request, response, handle)
    })
    // A client that waits to be told to go on must hear of a body that is too large before it sends it.
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

  /** Resolves once the port is open; a port that is taken is an error that says so. */
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

  /** Stops listening and ends every open connection. */
  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }
}

/** Waits for the first three bytes and puts them back. */
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
