/**
 * HTTP/2 sessions that many subscriptions share, with windows that are large enough for a shard at full speed. If connections go
 * through a proxy, one is opened at a time, and the subscriptions that come meanwhile wait for it.
 */
import http2 from 'node:http2'
import type { Duplex } from 'node:stream'

import { unlessAborted } from '../../foundation/clock.ts'
import { asError, ShardlineError } from '../../foundation/errors.ts'
import { openTunnel, secured } from '../http/http-tunnel.ts'
import type { Network } from '../http/network.ts'
import type { Proxy } from '../http/proxies.ts'
import { unreachable } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'

/** A shard gives a consumer 2 MiB a second. */
const STREAM_WINDOW_BYTES = 2 * 1024 * 1024
const SESSION_WINDOW_BYTES = 16 * 1024 * 1024
/** Servers allow about this many streams in a session. A server that allows fewer tells so in its settings. */
const MAX_STREAMS = 100

interface PooledSession {
  openStreams: number
  acceptsRequests: boolean
}

export class Http2Sessions {
  readonly #network: Network
  readonly #pooled = new Map<http2.ClientHttp2Session, PooledSession>()
  /** The session that is being opened through a proxy. */
  #tunnelling: Promise<void> | null = null
  #closed = false

  constructor(network: Network) {
    this.#network = network
  }

  request(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream {
    const pooled = this.#pooled.get(session)!
    const stream = session.request(headers)
    pooled.openStreams++
    stream.once('close', () => {
      pooled.openStreams--
      if (!pooled.acceptsRequests && pooled.openStreams === 0) session.destroy()
    })
    return stream
  }

  /** Takes no further requests on this session. Its streams go on while they can, and with the last of them it ends. */
  retire(session: http2.ClientHttp2Session): void {
    const pooled = this.#pooled.get(session)
    if (pooled !== undefined) pooled.acceptsRequests = false
  }

  /** A session with room for another stream. @throws ServiceError; the reason of the signal */
  async of(endpoint: URL, attempted: Attempted, signal: AbortSignal): Promise<http2.ClientHttp2Session> {
    for (;;) {
      if (this.#closed) throw unreachable(endpoint.origin, attempted, new Error('the client is closed'))
      for (const [session, { openStreams, acceptsRequests }] of this.#pooled)
        if (
          acceptsRequests &&
          openStreams < Math.min(MAX_STREAMS, session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS)
        )
          return session
      const proxy = this.#network.proxyFor(endpoint)
      if (proxy === null) return this.#connect(endpoint, null)
      try {
        await unlessAborted((this.#tunnelling ??= this.#connectThrough(proxy, endpoint)), signal)
      } catch (cause) {
        signal.throwIfAborted()
        throw cause instanceof ShardlineError ? cause : unreachable(endpoint.origin, attempted, asError(cause))
      }
    }
  }

  async #connectThrough(proxy: Proxy, endpoint: URL): Promise<void> {
    try {
      const network = this.#network
      const tunnel = await openTunnel(proxy, endpoint, network)
      if (this.#closed) tunnel.destroy()
      else this.#connect(endpoint, endpoint.protocol === 'https:' ? secured(tunnel, endpoint, network, 'h2') : tunnel)
    } finally {
      this.#tunnelling = null
    }
  }

  #connect(endpoint: URL, tunnel: Duplex | null): http2.ClientHttp2Session {
    const session = http2.connect(endpoint.origin, {
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
      ...(endpoint.protocol === 'https:' ? this.#network.tls() : {}),
      ...(tunnel === null ? {} : { createConnection: () => tunnel }),
    })
    const forget = (): void => void this.#pooled.delete(session)
    session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES))
    // Each stream fails by itself. A session that is going away takes no further requests.
    session.on('error', forget)
    session.on('goaway', forget)
    session.on('close', forget)
    this.#pooled.set(session, { openStreams: 0, acceptsRequests: true })
    return session
  }

  close(): void {
    this.#closed = true
    for (const session of this.#pooled.keys()) session.destroy()
    this.#pooled.clear()
  }
}
