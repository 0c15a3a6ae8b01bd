/**
 * An HTTP proxy before which every host of `corp.test` exists, whatever its name: it leads to one port of this machine. With `tls`
 * the hosts speak TLS, behind a certificate that `CA_FILE` vouches for. Loopback only.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'

interface Teardown {
  teardown(end: () => unknown): void
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))
export const CA_FILE = path.join(root, 'test/core/fakes/corp-test.pem')
const pem = readFileSync(CA_FILE)

export interface FakeProxy {
  readonly port: number
  /** `CONNECT host:port`, or `POST http://host:port/path`, each with the value of Proxy-Authorization behind it if there is one. */
  readonly asked: string[]
  /** Answers this status instead; `null`: lets everything through. */
  refuse: number | null
}

/** A server of TLS that passes what it is told to `port`; it gives its own port. */
export async function tlsBefore(t: Teardown, port: number): Promise<number> {
  const server = tls.createServer({ key: pem, cert: pem, ALPNProtocols: ['h2', 'http/1.1'] }, socket => {
    joined(socket, net.connect(port, '127.0.0.1'))
  })
  server.on('tlsClientError', () => undefined)
  return listening(t, server)
}

/** @param port where all hosts lead; @param secure whether the proxy itself is spoken to by TLS */
export async function httpProxy(t: Teardown, port: number, secure = false): Promise<FakeProxy> {
  const proxy = { asked: [] as string[], refuse: null as number | null, port: 0 }
  const note = ({ method, url, headers }: http.IncomingMessage): void =>
    void proxy.asked.push([method, url, headers['proxy-authorization']].filter(Boolean).join(' '))
  const server = secure ? https.createServer({ key: pem, cert: pem }) : http.createServer()
  server.on('request', (request, response) => {
    note(request)
    if (proxy.refuse !== null || !/^http:\/\/[^/]*corp\.test/.test(request.url ?? '')) {
      request.resume()
      response.writeHead(proxy.refuse ?? 404).end()
      return
    }
    const { method, headers } = request
    const { pathname, search } = new URL(request.url!)
    const onward = http.request({ host: '127.0.0.1', port, path: pathname + search, method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    note(request)
    if (proxy.refuse !== null) {
      socket.end(`HTTP/1.1 ${proxy.refuse} Refused\r\n\r\n`)
      return
    }
    const onward = net.connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    joined(socket, onward)
  })
  proxy.port = await listening(t, server)
  return proxy
}

function joined(one: net.Socket, other: net.Socket): void {
  for (const [end, opposite] of [
    [one, other],
    [other, one],
  ] as const) {
    end.on('error', () => opposite.destroy())
    end.on('close', () => opposite.destroy())
  }
  one.pipe(other).pipe(one)
}

async function listening(t: Teardown, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
