/**
 * The events of one subscription, as they arrive on an HTTP/2 stream: frames of `application/vnd.amazon.eventstream` whose body is
 * JSON. The next event is read only when it is asked for, so that flow control holds the service back.
 *
 *   bytes 0 to 3    length of the frame, big-endian; 16 at least
 *   ...             headers, body and checksums, which `EventStreamCodec` decodes
 */
import { EventStreamCodec } from '@smithy/core/event-streams'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import http2 from 'node:http2'

import { ServiceError } from '../../foundation/errors.ts'
import { InvalidAnswer } from '../service/answer-checks.ts'
import { readFailure } from '../service/failure-answer.ts'
import { describe, invalidAnswer, serviceError } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'
import { decodeSubscriptionEvent } from './get-records-json.ts'
import type { SubscriptionEvent } from './get-records-result.ts'
import type { ShardSubscription } from './stream-proxy.ts'

const MAX_EVENT_BYTES = 24 * 1024 * 1024

export class FanOutSubscription implements ShardSubscription {
  readonly #stream: http2.ClientHttp2Stream
  readonly #chunks: AsyncIterator<Buffer>
  readonly #attempted: Attempted & { readonly endpoint: string }
  readonly #codec = new EventStreamCodec(toUtf8, fromUtf8)
  /** The pieces of the next frame that have arrived. An event of 2 MiB arrives in more than a hundred pieces. */
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

  /** `null` when the service has ended the subscription in good order. */
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

  /** The first part, joined with others until it has at least this many bytes. */
  #joinedTo(bytes: number): Buffer {
    if (this.#parts[0]!.length < bytes) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0]!
  }

  /** `null` for a frame that is not an event of the shard. */
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
