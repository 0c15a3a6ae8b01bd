/**
 * HTTP of the SDK's clients, which know nothing of proxies. A request to an `http` endpoint goes to the proxy with its whole URL;
 * one to an `https` endpoint goes through a tunnel.
 */
import { HttpRequest } from '@smithy/core/protocols'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'

import { openTunnel, proxyFailure, proxyRefusal, secured } from './http-tunnel.ts'
import type { Network } from './network.ts'
import { hostOf, portOf } from './proxies.ts'
import type { Proxy } from './proxies.ts'

export interface SdkHttpOptions {
  readonly connectionTimeoutMs: number
  readonly socketTimeoutMs: number
}

type Handled = ReturnType<NodeHttpHandler['handle']>
type HandlerOptions = Parameters<NodeHttpHandler['handle']>[1]
type Created = (error: Error | null, socket?: Duplex) => void
interface ConnectionTarget {
  readonly host?: string
  readonly port?: number
}
type CreateConnection = (target: ConnectionTarget, created: Created) => Duplex | undefined

const AGENT_OPTIONS = { keepAlive: true, maxSockets: 50 }

export class SdkHttpHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #network: Network
  /** To endpoints. */
  readonly #endpoints: NodeHttpHandler
  /** To proxies. */
  readonly #proxies: NodeHttpHandler

  constructor(network: Network, { connectionTimeoutMs, socketTimeoutMs }: SdkHttpOptions) {
    this.#network = network
    const timeouts = { connectionTimeout: connectionTimeoutMs, socketTimeout: socketTimeoutMs }
    const handler = (connect: (original: CreateConnection) => CreateConnection): NodeHttpHandler => {
      const httpsAgent = new https.Agent(AGENT_OPTIONS)
      const agent = httpsAgent as unknown as { createConnection: CreateConnection }
      const original = agent.createConnection.bind(httpsAgent)
      // Node asks it for each new connection.
      agent.createConnection = connect((target, created) => original(Object.assign({}, target, network.tls()), created))
      return new NodeHttpHandler({ httpAgent: new http.Agent(AGENT_OPTIONS), httpsAgent, ...timeouts })
    }
    this.#endpoints = handler(original => (target, created) => this.#connect(target, created, original))
    this.#proxies = handler(original => original)
  }

  async handle(request: HttpRequest, options?: HandlerOptions): Handled {
    if (request.protocol !== 'http:') return this.#endpoints.handle(request, options)
    const target = urlOf(request.protocol, request.hostname, request.port)
    const proxy = this.#network.proxyFor(target)
    if (proxy === null) return this.#endpoints.handle(request, options)
    try {
      const answer = await this.#proxies.handle(toProxy(request, target, proxy), options)
      const refusal = proxyRefusal(proxy, answer.response.statusCode)
      if (refusal === null) return answer
      throw refusal
    } catch (error) {
      throw proxyFailure(proxy, error as Error)
    }
  }

  destroy(): void {
    this.#endpoints.destroy()
    this.#proxies.destroy()
  }

  /** For the SDK's clients; the settings are fixed. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  #connect(target: ConnectionTarget, created: Created, direct: CreateConnection): Duplex | undefined {
    let url: URL
    let proxy: Proxy | null
    try {
      url = urlOf('https:', target.host ?? 'localhost', target.port)
      proxy = this.#network.proxyFor(url)
      if (proxy === null) return direct(target, created)
    } catch (error) {
      created(error as Error)
      return undefined
    }
    openTunnel(proxy, url, this.#network)
      .then(socket => secured(socket, url, this.#network))
      .then(
        socket => created(null, socket),
        (error: unknown) => created(error as Error),
      )
    return undefined
  }
}

function urlOf(protocol: string, host: string, port: number | undefined): URL {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return new URL(`${protocol}//${bracketed}${port === undefined ? '' : `:${port}`}`)
}

function toProxy(request: HttpRequest, target: URL, { url, authorization }: Proxy): HttpRequest {
  const proxied = HttpRequest.clone(request)
  proxied.protocol = url.protocol
  proxied.hostname = hostOf(url)
  proxied.port = portOf(url)
  proxied.path = `${target.origin}${request.path}`
  if (authorization !== null) proxied.headers['proxy-authorization'] = authorization
  return proxied
}
