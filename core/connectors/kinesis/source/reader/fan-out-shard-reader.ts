/**
 * Reads one shard by enhanced fan-out, with one subscription at a time. A subscription is renewed after five minutes, when it breaks,
 * and when no event comes, each time at the continuation of the last event. The next event is requested when the last one was taken,
 * so a slow job holds the service back. A shard has ended when an event has no continuation.
 */
import { sleep } from '../../../../foundation/clock.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { ServiceError, ShardlineError } from '../../../../foundation/errors.ts'
import type { SubscriptionEvent } from '../../../../aws/kinesis/get-records-result.ts'
import type { ShardSubscription, SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import { PersistentFailure } from '../../../../foundation/persistent-failure.ts'
import { backoffMs } from '../../../../foundation/retry.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import { ReadingPosition } from './reading-position.ts'
import { shardEnd } from './shard-end.ts'
import { clockSlackMs, HandOver, hasReached, stopAt } from './shard-reader.ts'
import type { Fetched, FetchEnd, ReaderActivity, ShardReader } from './shard-reader.ts'
import { Unpacking } from './unpacking.ts'

export interface FanOutOptions {
  readonly subscriptionTimeoutMs: number
  /** A subscription without an event for this time is given up. */
  readonly silenceTimeoutMs: number
  readonly deaggregate: boolean
  /** Records that arrived later are not read. Epoch milliseconds; `null` when the source never stops by itself. */
  readonly stopAtMs: number | null
  /** As in `PollingOptions`. */
  readonly stopAtLocalMs?: number | null
}

export interface FanOutCollaborators {
  readonly proxy: SourceStreamProxy
  readonly clock: Clock
  readonly onReady: () => void
  readonly warn: (message: string) => void
  readonly losses: RecordLosses
}

/** SubscribeToShard: one call a second. Another subscription of the same consumer can take over after five seconds. */
const MIN_RETRY_MS = 1000
const MAX_RETRY_MS = 10_000
const TAKEOVER_MS = 5000

export class FanOutShardReader implements ShardReader {
  readonly shardId: string
  readonly fetchIntervalMs = null
  millisBehindLatest = -1
  activity: ReaderActivity = 'starting'
  trouble: string | null = null
  lastAnswerAtMs: number
  throttles = 0
  readonly #consumerArn: string
  readonly #proxy: SourceStreamProxy
  readonly #options: FanOutOptions
  readonly #clock: Clock
  readonly #handOver: HandOver
  readonly #failing: PersistentFailure
  readonly #unpacking: Unpacking
  readonly #closing = new AbortController()
  readonly #position: ReadingPosition
  #failures = 0
  #subscribedAt = -Infinity
  /** The last event had no records and no continuation, and a later listing has shown that the shard is closed. */
  #knownClosed = false

  constructor(
    split: KinesisShardSplit,
    consumerArn: string,
    options: FanOutOptions,
    collaborators: FanOutCollaborators,
  ) {
    const { proxy, clock, onReady, warn, losses } = collaborators
    this.shardId = split.shardId
    this.lastAnswerAtMs = clock.now()
    this.#consumerArn = consumerArn
    this.#position = new ReadingPosition(split, losses)
    this.#proxy = proxy
    this.#options = options
    this.#clock = clock
    this.#handOver = new HandOver(onReady)
    this.#failing = new PersistentFailure(clock, warn)
    this.#unpacking = new Unpacking(split, options.deaggregate, warn, losses)
  }

  get ready(): boolean {
    return this.#handOver.ready
  }

  take(): Fetched | null {
    return this.#handOver.take()
  }

  close(): void {
    this.#closing.abort(new Error('the reader is closed'))
  }

  async run(): Promise<void> {
    const { signal } = this.#closing
    try {
      for (;;) {
        let delayMs = 0
        try {
          if (await this.#readSubscription()) return
        } catch (error) {
          signal.throwIfAborted()
          delayMs = this.#delayAfter(error)
        }
        if (delayMs > 0) {
          this.activity = 'retrying'
          await sleep(this.#clock, delayMs, signal)
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.activity = 'ended'
    }
  }

  /** Whether the shard was read to its end, or to the stopping instant. Returns false when the subscription has expired. */
  async #readSubscription(): Promise<boolean> {
    const { signal } = this.#closing
    const wait = MIN_RETRY_MS - (this.#clock.monotonic() - this.#subscribedAt)
    if (wait > 0) await sleep(this.#clock, wait, signal)
    signal.throwIfAborted()
    this.activity = 'fetching'
    this.#subscribedAt = this.#clock.monotonic()
    const begunAtMs = this.#clock.now()
    const subscription = await this.#subscribe()
    const close = (): void => subscription.close()
    if (signal.aborted) close()
    signal.throwIfAborted()
    signal.addEventListener('abort', close, { once: true })
    try {
      for (;;) {
        this.activity = 'subscribed'
        const event = await this.#bounded(
          subscription.next(),
          this.#options.silenceTimeoutMs,
          'SUBSCRIPTION_SILENT',
          `The subscription to shard ${this.shardId} brought no event for ${this.#options.silenceTimeoutMs} ms (shardline.source.efo.silence-timeout).`,
        )
        if (event === null) return false
        const fetched = await this.#accept(event, begunAtMs)
        this.activity = 'backpressured'
        await this.#handOver.put(fetched, signal)
        if (fetched.end !== null) return true
        // No continuation, but no proof of an end: another subscription continues after the last record.
        if (event.continuationSequenceNumber === null) return false
        if (this.#needsLaterSubscription(event, begunAtMs)) return false
      }
    } finally {
      signal.removeEventListener('abort', close)
      subscription.close()
    }
  }

  #subscribe(): Promise<ShardSubscription> {
    const giveUp = new AbortController()
    const signal = AbortSignal.any([giveUp.signal, this.#closing.signal])
    const { subscriptionTimeoutMs } = this.#options
    return this.#bounded(
      this.#proxy.subscribeToShard(this.#consumerArn, this.shardId, this.#position.current, signal),
      subscriptionTimeoutMs,
      'ENDPOINT_UNREACHABLE',
      `SubscribeToShard on shard ${this.shardId} was not answered within ${subscriptionTimeoutMs} ms (source.efo.subscription.timeout).`,
      giveUp,
    )
  }

  /**
   * Whether the event is at the tip and the stopping instant has passed since the subscription began. The event may have been made before
   * that instant; an event of a new subscription is not.
   */
  #needsLaterSubscription(event: SubscriptionEvent, begunAtMs: number): boolean {
    const { stopAtMs } = this.#options
    if (stopAtMs === null || !isTip(event) || hasReached(this.#options, begunAtMs, this.#proxy)) return false
    return hasReached(this.#options, this.#clock.now(), this.#proxy)
  }

  async #accept(event: SubscriptionEvent, begunAtMs: number): Promise<Fetched> {
    const { stopAtMs } = this.#options
    const { continuationSequenceNumber, childShards } = event
    this.#position.check(event.batch, 'SubscribeToShard')
    const end: FetchEnd | null =
      continuationSequenceNumber === null || childShards.length > 0 ? await this.#endOf(event) : null
    const batch = this.#unpacking.unpack(event.batch)
    if (continuationSequenceNumber !== null) this.#knownClosed = false
    this.#failures = 0
    this.trouble = null
    this.lastAnswerAtMs = this.#clock.now()
    this.#failing.succeeded(`The subscription to shard ${this.shardId}`)
    this.millisBehindLatest = event.millisBehindLatest ?? -1
    this.#position.received(event.batch)
    if (continuationSequenceNumber !== null) this.#position.advance(continuationSequenceNumber)
    const fetched: Fetched = { batch: batch.count > 0 ? batch : null, end, continuationSequenceNumber }
    if (stopAtMs === null) return fetched
    return stopAt(fetched, stopAtMs, isTip(event) && hasReached(this.#options, begunAtMs, this.#proxy))
  }

  async #endOf(event: SubscriptionEvent): Promise<FetchEnd | null> {
    const answer = { operation: 'SubscribeToShard', ...event, closed: this.#knownClosed }
    const end = await shardEnd(this.#proxy, this.shardId, answer)
    if (end !== 'closed') return end
    this.#knownClosed = true
    return null
  }

  /** The pause before a retry. @throws an error that a retry cannot help */
  #delayAfter(error: unknown): number {
    if (!(error instanceof ShardlineError)) throw error
    if (this.#position.retreat(error, clockSlackMs(this.#proxy))) return 0
    if (!error.retryable) throw error
    this.trouble = error.message
    this.#failing.failed(error.message)
    if (error.code === 'THROTTLED') this.throttles++
    // Another subscription of this consumer holds the shard, for example one of this job before a restart.
    if (error.code === 'RESOURCE_IN_USE') return TAKEOVER_MS + Math.random() * MIN_RETRY_MS
    return (
      Math.max(MIN_RETRY_MS, backoffMs(++this.#failures, MIN_RETRY_MS, MAX_RETRY_MS)) + Math.random() * MIN_RETRY_MS
    )
  }

  async #bounded<T>(
    what: Promise<T>,
    timeoutMs: number,
    code: 'SUBSCRIPTION_SILENT' | 'ENDPOINT_UNREACHABLE',
    message: string,
    giveUp?: AbortController,
  ): Promise<T> {
    let cancel: () => void = () => undefined
    const timeout = new Promise<never>((_, reject) => {
      cancel = this.#clock.schedule(timeoutMs, () => {
        const error = new ServiceError(code, message, { details: { shardId: this.shardId } })
        giveUp?.abort(error)
        reject(error)
      })
    })
    try {
      return await Promise.race([what, timeout])
    } finally {
      cancel()
    }
  }
}

/** Whether all records had been read. */
const isTip = ({ batch, millisBehindLatest }: SubscriptionEvent): boolean =>
  batch.count === 0 && millisBehindLatest === 0
