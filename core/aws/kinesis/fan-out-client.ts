/**
 * SubscribeToShard over HTTP/2: sessions shared by many subscriptions, with windows large enough for a shard at full speed,
 * and events read only as they are asked for, so that flow control holds the service back. The SDK would open a connection for
 * each subscription. Events are framed as `application/vnd.amazon.eventstream`; what is in them is JSON.
 */
import { EventStreamCodec } from '@smithy/core/event-streams'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import http2 from 'node:http2'
import type { Duplex } from 'node:stream'

import { unlessAborted } from '../../foundation/clock.ts'
import type { Clock } from '../../foundation/clock.ts'
import { ServiceError, ShardlineError } from '../../foundation/errors.ts'
import type { AwsAccess } from '../service/aws-access.ts'
import { EXPIRED_TOKEN_ERRORS } from '../service/aws-connection.ts'
import { InvalidAnswer } from '../service/answer-checks.ts'
import { readFailure, UNNAMED } from '../service/failure-answer.ts'
import { decodeSubscriptionEvent } from './get-records-codec.ts'
import type { SubscriptionEvent } from './get-records-codec.ts'
import { openTunnel, secured } from '../http/http-tunnel.ts'
import type { Proxy } from '../http/proxies.ts'
import { describe, invalidAnswer, notOfTheService, serviceError, unreachable } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'
import { RequestSigner } from '../service/sigv4.ts'
import type { Credentials } from '../service/sigv4.ts'
import type { ShardSubscription, StartingPosition } from './stream-proxy.ts'

export interface FanOutClientOptions {
  /** The Date header of an answer, and when it was asked for and came, by this machine's clock. */
  readonly onDate?: (date: string | undefined, sentAtMs: number, receivedAtMs: number) => void
}

export interface SubscriptionRequest {
  readonly streamName: string
  readonly consumerArn: string
  readonly shardId: string
  readonly position: StartingPosition
}

const TARGET = 'Kinesis_20131202.SubscribeToShard'
const JSON_TYPE = 'application/x-amz-json-1.1'
/** A shard gives a consumer 2 MiB a second. */
const STREAM_WINDOW_BYTES = 2 * 1024 * 1024
const SESSION_WINDOW_BYTES = 16 * 1024 * 1024
/** Servers allow about this many streams in a session; one that allows fewer says so. */
const MAX_STREAMS = 100
const MAX_EVENT_BYTES = 24 * 1024 * 1024

interface PooledSession {
  openStreams: number
  /** Takes new subscriptions. */
  trusted: boolean
}

export class FanOutClient {
  readonly #access: AwsAccess
  readonly #clock: Clock
  readonly #options: FanOutClientOptions
  readonly #sessions = new Map<http2.ClientHttp2Session, PooledSession>()
  /** A session that is made through a proxy: subscriptions that come meanwhile wait for it. */
  #tunnelling: Promise<void> | null = null
  #closed = false

  constructor(access: AwsAccess, clock: Clock, options: FanOutClientOptions) {
    this.#access = access
    this.#clock = clock
    this.#options = options
  }

  /** Resolves once the service has accepted. @throws ServiceError */
  async subscribe(request: SubscriptionRequest, signal: AbortSignal): Promise<ShardSubscription> {
    const used = await this.#access.credentials()
    try {
      return await this.#subscribe(request, used, signal)
    } catch (error) {
      if (!isExpiredToken(error) || !(await this.#access.renewCredentials(used))) throw error
      return this.#subscribe(request, await this.#access.credentials(), signal)
    }
  }

  async #subscribe(
    request: SubscriptionRequest,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<ShardSubscription> {
    const { streamName, consumerArn, shardId, position } = request
    const attempted: Attempted = {
      operation: 'SubscribeToShard',
      stream: streamName,
      shardId,
      consumer: consumerArn.split('/').at(-1)!.split(':')[0],
    }
    const endpoint = await this.#access.endpoint()
    signal.throwIfAborted()
    const body = Buffer.from(
      JSON.stringify({ ConsumerARN: consumerArn, ShardId: shardId, StartingPosition: positionOnTheWire(position) }),
    )
    const signer = new RequestSigner(this.#access.region, 'kinesis', endpoint.host)
    const { host, ...headers } = signer.sign(body, JSON_TYPE, TARGET, credentials, this.#clock.now())
    const session = await this.#session(endpoint, attempted, signal)
    signal.throwIfAborted()
    const sentAtMs = this.#clock.now()
    const stream = this.#request(session, { ':method': 'POST', ':path': '/', ':authority': host!, ...headers })
    const onAbort = (): void => {
      // Its connection may be gone without a word; whoever waited in vain waits for another one next.
      this.#distrust(session)
      stream.close(http2.constants.NGHTTP2_CANCEL)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const headers = await answered(stream, body)
      this.#options.onDate?.(headers.date, sentAtMs, this.#clock.now())
      const at = { ...attempted, endpoint: endpoint.origin }
      if (headers[':status'] !== 200) throw await refusal(stream, headers, at)
      return new Subscription(stream, at)
    } catch (cause) {
      stream.close(http2.constants.NGHTTP2_CANCEL)
      if (cause instanceof ServiceError) throw cause
      throw unreachable(endpoint.origin, attempted, cause as Error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  close(): void {
    this.#closed = true
    for (const session of this.#sessions.keys()) session.destroy()
    this.#sessions.clear()
  }

  #request(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream {
    const pooled = this.#sessions.get(session)!
    const stream = session.request(headers)
    pooled.openStreams++
    stream.once('close', () => {
      pooled.openStreams--
      if (!pooled.trusted && pooled.openStreams === 0) session.destroy()
    })
    return stream
  }

  /** Its subscriptions go on while they can; with the last of them it ends. */
  #distrust(session: http2.ClientHttp2Session): void {
    const pooled = this.#sessions.get(session)
    if (pooled !== undefined) pooled.trusted = false
  }

  async #session(endpoint: URL, attempted: Attempted, signal: AbortSignal): Promise<http2.ClientHttp2Session> {
    for (;;) {
      if (this.#closed) throw unreachable(endpoint.origin, attempted, new Error('the client is closed'))
      for (const [session, { openStreams, trusted }] of this.#sessions)
        if (trusted && openStreams < Math.min(MAX_STREAMS, session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS))
          return session
      const proxy = this.#access.network.proxyFor(endpoint)
      if (proxy === null) return this.#connect(endpoint, null)
      try {
        await unlessAborted((this.#tunnelling ??= this.#connectThrough(proxy, endpoint)), signal)
      } catch (cause) {
        signal.throwIfAborted()
        throw cause instanceof ShardlineError ? cause : unreachable(endpoint.origin, attempted, cause as Error)
      }
    }
  }

  async #connectThrough(proxy: Proxy, endpoint: URL): Promise<void> {
    try {
      const { network } = this.#access
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
      ...(endpoint.protocol === 'https:' ? this.#access.network.tls() : {}),
      ...(tunnel === null ? {} : { createConnection: () => tunnel }),
    })
    const forget = (): void => void this.#sessions.delete(session)
    session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES))
    // Each subscription fails by itself; a session that is going away takes no new one.
    session.on('error', forget)
    session.on('goaway', forget)
    session.on('close', forget)
    // An idle connection keeps no process alive; subscriptions do.
    this.#sessions.set(session, { openStreams: 0, trusted: true })
    return session
  }
}

const isExpiredToken = (error: unknown): boolean =>
  error instanceof ServiceError && EXPIRED_TOKEN_ERRORS.has(String(error.details['errorName']))

class Subscription implements ShardSubscription {
  readonly #stream: http2.ClientHttp2Stream
  readonly #chunks: AsyncIterator<Buffer>
  readonly #attempted: Attempted & { readonly endpoint: string }
  readonly #codec = new EventStreamCodec(toUtf8, fromUtf8)
  /** What has come of the next frame, in pieces: an event of 2 MiB comes in more than a hundred. */
  #parts: Buffer[] = []
  #bytes = 0

  constructor(stream: http2.ClientHttp2Stream, attempted: Attempted & { readonly endpoint: string }) {
    this.#stream = stream
    this.#attempted = attempted
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  async next(): Promise<SubscriptionEvent | null> {
    for (;;) {
      const frame = await this.#frame()
      if (frame === null) return null
      const event = this.#decode(frame)
      if (event !== null) return event
    }
  }

  close(): void {
    this.#stream.close(http2.constants.NGHTTP2_CANCEL)
  }

  /** null: the service has ended the subscription in good order. */
  async #frame(): Promise<Buffer | null> {
    for (;;) {
      const length = this.#bytes < 4 ? Infinity : this.#joinedTo(4).readUInt32BE(0)
      if (length !== Infinity && (length < 16 || length > MAX_EVENT_BYTES))
        throw this.#invalid(new InvalidAnswer(`it has a frame of ${length} bytes`))
      if (this.#bytes >= length) {
        const joined = this.#joinedTo(length)
        this.#parts[0] = joined.subarray(length)
        this.#bytes -= length
        return joined.subarray(0, length)
      }
      let chunk: IteratorResult<Buffer>
      try {
        chunk = await this.#chunks.next()
      } catch (cause) {
        throw this.#cutOff(cause as Error)
      }
      if (chunk.done === true) {
        if (this.#bytes > 0 || this.#stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR)
          throw this.#cutOff(new Error(`the stream was reset with code ${this.#stream.rstCode}`))
        return null
      }
      this.#parts.push(chunk.value)
      this.#bytes += chunk.value.length
    }
  }

  /** The first part, once it has at least so many bytes. */
  #joinedTo(bytes: number): Buffer {
    if (this.#parts[0]!.length < bytes) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0]!
  }

  /** null: nothing that matters here. */
  #decode(frame: Buffer): SubscriptionEvent | null {
    let message: ReturnType<EventStreamCodec['decode']>
    try {
      message = this.#codec.decode(frame)
    } catch (cause) {
      throw this.#invalid(cause)
    }
    const header = (name: string): string => String(message.headers[name]?.value ?? '')
    switch (header(':message-type')) {
      case 'event':
        if (header(':event-type') !== 'SubscribeToShardEvent') return null
        try {
          return decodeSubscriptionEvent(message.body, this.#attempted.stream, this.#attempted.shardId!)
        } catch (cause) {
          throw this.#invalid(cause)
        }
      case 'exception':
        throw serviceError(
          header(':exception-type'),
          readFailure({ body: Buffer.from(message.body), headers: {} }).message,
          400,
          this.#attempted,
        )
      case 'error':
        throw serviceError(header(':error-code'), header(':error-message'), 500, this.#attempted)
      default:
        return null
    }
  }

  #cutOff(cause: Error): ServiceError {
    return new ServiceError(
      'ENDPOINT_UNREACHABLE',
      `${describe(this.#attempted)}: the subscription was cut off (${(cause as NodeJS.ErrnoException).code ?? cause.message}).`,
      { cause, details: { ...this.#attempted } },
    )
  }

  #invalid(cause: unknown): ServiceError {
    return invalidAnswer(this.#attempted, 200, cause)
  }
}

/** Sends the request; the head of the answer. */
function answered(
  stream: http2.ClientHttp2Stream,
  body: Buffer,
): Promise<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve)
    stream.once('error', reject)
    stream.once('close', () => reject(new Error('the connection was closed')))
    stream.end(body)
  })
}

async function refusal(
  stream: http2.ClientHttp2Stream,
  headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader,
  attempted: Attempted & { readonly endpoint: string },
): Promise<ServiceError> {
  const parts: Buffer[] = []
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
  const { name, message } = readFailure({ body: Buffer.concat(parts), headers })
  const status = headers[':status'] ?? 0
  return name === UNNAMED ? notOfTheService(attempted, status, message) : serviceError(name, message, status, attempted)
}

function positionOnTheWire(position: StartingPosition): object {
  return {
    Type: position.type,
    ...('sequenceNumber' in position ? { SequenceNumber: position.sequenceNumber } : {}),
    ...('timestampMs' in position ? { Timestamp: position.timestampMs / 1000 } : {}),
  }
}
