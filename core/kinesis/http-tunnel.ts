/** Agents whose connections go through an HTTP proxy: it is asked to CONNECT, and sees nothing of what follows. */
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'

import { ConfigurationError } from '../errors.ts'

/** The proxy's fault, not that of what is behind it: the message says which proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type Created = (error: Error | null, socket?: Duplex) => void
interface Target {
  readonly host?: string
  readonly port?: number
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

const CONNECT_TIMEOUT_MS = 10_000
const OK = 200

export interface TunnelAgents {
  readonly httpAgent: http.Agent
  readonly httpsAgent: https.Agent
}

/** @throws ConfigurationError */
export function tunnelAgents(key: string, proxyUrl: string, rejectUnauthorized: boolean): TunnelAgents {
  const proxy = proxyOf(proxyUrl)
  if (proxy === null)
    throw new ConfigurationError(`${key}: '${withoutUser(proxyUrl)}' is not a URL such as http://127.0.0.1:3128.`)
  const options = { keepAlive: true, maxSockets: 50 }
  const httpAgent = new http.Agent(options)
  const httpsAgent = new https.Agent({ ...options, rejectUnauthorized })
  const connectBy = (secure: boolean) => (target: Target, created: Created) => {
    connectThrough(proxy, target).then(
      socket => created(null, secure ? tls.connect({ ...target, socket }) : socket),
      (error: unknown) => created(error as Error),
    )
  }
  // Node asks it for each new connection.
  Object.assign(httpAgent, { createConnection: connectBy(false) })
  Object.assign(httpsAgent, { createConnection: connectBy(true) })
  return { httpAgent, httpsAgent }
}

interface Proxy {
  readonly url: URL
  /** Value of the header Proxy-Authorization; null: the proxy asks for none. */
  readonly authorization: string | null
}

/** null: it is none. */
function proxyOf(proxyUrl: string): Proxy | null {
  const url = URL.canParse(proxyUrl) ? new URL(proxyUrl) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return null
  const [user, password] = [decoded(url.username), decoded(url.password)]
  const authorization = user === '' ? null : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return { url, authorization }
}

/** A percent sign that nobody escaped is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** For messages: whatever stands before an @ may be a password. */
const withoutUser = (url: string): string => url.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/i, '$1***@')

function connectThrough(
  { url: proxy, authorization }: Proxy,
  { host = 'localhost', port = 80 }: Target,
): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? https : http).request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
      timeout: CONNECT_TIMEOUT_MS,
    })
    const fail = (code: string, message: string): void => {
      request.destroy()
      reject(new ProxyError(code, `the proxy ${proxy.host} ${message}`))
    }
    request.once('connect', (response, socket) => {
      if (response.statusCode === OK) resolve(socket)
      else {
        socket.destroy()
        fail('EPROXY', `answers CONNECT with status ${response.statusCode}`)
      }
    })
    request.once('response', response => fail('EPROXY', `answers CONNECT with status ${response.statusCode}`))
    request.once('timeout', () => fail('ETIMEDOUT', `does not answer within ${CONNECT_TIMEOUT_MS} ms`))
    request.once('error', (error: NodeJS.ErrnoException) =>
      fail(error.code ?? 'EPROXY', `cannot be reached: ${error.message}`),
    )
    request.end()
  })
}
