/**
 * SubscribeToShard over HTTP/2. Subscriptions share sessions (`Http2Sessions`); the SDK would open a connection for each. The events
 * of a subscription come from `FanOutSubscription`.
 */
import http2 from 'node:http2'

import type { Clock } from '../../foundation/clock.ts'
import { asError, ServiceError } from '../../foundation/errors.ts'
import type { AwsAccess } from '../service/aws-access.ts'
import { EXPIRED_TOKEN_ERRORS } from '../service/aws-connection.ts'
import { readFailure, UNNAMED } from '../service/failure-answer.ts'
import { notOfTheService, serviceError, unreachable } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'
import { RequestSigner } from '../service/sigv4.ts'
import type { Credentials } from '../service/sigv4.ts'
import { FanOutSubscription } from './fan-out-subscription.ts'
import { Http2Sessions } from './http2-sessions.ts'
import type { ShardSubscription, StartingPosition } from './stream-proxy.ts'

export interface FanOutClientOptions {
  /** Called with the Date header of an answer, and with the times of request and answer by this machine's clock. */
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

export class FanOutClient {
  readonly #access: AwsAccess
  readonly #clock: Clock
  readonly #options: FanOutClientOptions
  readonly #sessions: Http2Sessions

  constructor(access: AwsAccess, clock: Clock, options: FanOutClientOptions) {
    this.#access = access
    this.#clock = clock
    this.#options = options
    this.#sessions = new Http2Sessions(access.network)
  }

  /** Resolves when the service has accepted the subscription. @throws ServiceError */
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
    const session = await this.#sessions.of(endpoint, attempted, signal)
    signal.throwIfAborted()
    const sentAtMs = this.#clock.now()
    const stream = this.#sessions.request(session, { ':method': 'POST', ':path': '/', ':authority': host!, ...headers })
    const onAbort = (): void => {
      // The connection may be lost without an error. The next attempt then needs another session.
      this.#sessions.retire(session)
      stream.close(http2.constants.NGHTTP2_CANCEL)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const headers = await answered(stream, body)
      this.#options.onDate?.(headers.date, sentAtMs, this.#clock.now())
      const at = { ...attempted, endpoint: endpoint.origin }
      if (headers[':status'] !== 200) throw await refusal(stream, headers, at)
      return new FanOutSubscription(stream, at)
    } catch (cause) {
      stream.close(http2.constants.NGHTTP2_CANCEL)
      if (cause instanceof ServiceError) throw cause
      throw unreachable(endpoint.origin, attempted, asError(cause))
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  close(): void {
    this.#sessions.close()
  }
}

const isExpiredToken = (error: unknown): boolean =>
  error instanceof ServiceError && EXPIRED_TOKEN_ERRORS.has(String(error.details['errorName']))

/** Sends the request, and resolves to the headers of the answer. */
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
