/** Connections through an HTTP proxy by CONNECT. The proxy cannot read what they carry. */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Socket } from 'node:net'
import tls from 'node:tls'

import type { Network } from './network.ts'
import { hostOf, portOf } from './proxies.ts'
import type { Proxy } from './proxies.ts'

/** A failure of the proxy, not of the host behind it. The message names the proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const CONNECT_TIMEOUT_MS = 10_000
const OK = 200
const AUTHENTICATION_REQUIRED = 407

/** Codes of connections that were never made. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
])

/** The error of a failed request to a proxy. It tells whether the proxy could be reached. */
export function proxyFailure(proxy: Proxy, error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || !UNCONNECTED.has(code)) return error
  return new ProxyError(code, `the proxy ${proxy.url.host} cannot be reached: ${code}`)
}

/** The error for an answer of the proxy itself. `null` for any other answer. */
export function proxyRefusal(proxy: Proxy, status: number): ProxyError | null {
  if (status !== AUTHENTICATION_REQUIRED) return null
  const wrong =
    proxy.authorization === null ? 'asks for a user and a password' : 'does not accept the user and the password'
  return new ProxyError('EPROXY', `the proxy ${proxy.url.host} ${wrong} (HTTP status ${status})`)
}

/** A connection to the host and port of `target`, through the proxy. @throws ProxyError, ConfigurationError */
export function openTunnel(proxy: Proxy, target: URL, network: Pick<Network, 'tls'>): Promise<Socket> {
  const host = hostOf(target)
  const authority = `${host.includes(':') ? `[${host}]` : host}:${portOf(target)}`
  const { url, authorization } = proxy
  const secure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request({
      host: hostOf(url),
      port: portOf(url),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
      timeout: CONNECT_TIMEOUT_MS,
      ...(secure ? network.tls() : {}),
    })
    const fail = (error: Error): void => {
      request.destroy()
      reject(error)
    }
    const refuse = (status: number): void =>
      fail(
        proxyRefusal(proxy, status) ??
          new ProxyError('EPROXY', `the proxy ${url.host} answers CONNECT with status ${status}`),
      )
    request.once('connect', (response, socket) => {
      if (response.statusCode === OK) resolve(socket)
      else {
        socket.destroy()
        refuse(response.statusCode ?? 0)
      }
    })
    request.once('response', response => refuse(response.statusCode ?? 0))
    request.once('timeout', () =>
      fail(new ProxyError('ETIMEDOUT', `the proxy ${url.host} does not answer within ${CONNECT_TIMEOUT_MS} ms`)),
    )
    request.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        new ProxyError(
          error.code ?? 'EPROXY',
          `the proxy ${url.host} cannot be reached: ${error.code ?? error.message}`,
        ),
      ),
    )
    request.end()
  })
}

/** A TLS connection to the host behind a tunnel. */
export function secured(tunnel: Socket, target: URL, network: Pick<Network, 'tls'>, alpn?: string): tls.TLSSocket {
  const host = hostOf(target)
  return tls.connect({
    socket: tunnel,
    ...(net.isIP(host) === 0 ? { servername: host } : { host }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    ...network.tls(),
  })
}
