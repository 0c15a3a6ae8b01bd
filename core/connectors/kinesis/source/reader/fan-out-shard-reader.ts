/**
 * Reads one shard by enhanced fan-out: one subscription at a time, renewed when its five minutes are up, when it breaks and
 * when it falls silent, each time at the number that the last event told to go on after. The next event is asked for when the
 * last was taken, so a slow job holds the service back. A shard has ended when an event names no number to go on after.
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
  /** Without any event for this long, a subscription is given up. */
  readonly silenceTimeoutMs: number
  readonly deaggregate: boolean
  /** Epoch milliseconds; records that arrived later are not read. null: never stops. */
  readonly stopAtMs: number | null
  /** As of polling. */
  readonly stopAtLocalMs?: number | null
}

export interface FanOutCollaborators {
  readonly proxy: SourceStreamProxy
  readonly clock: Clock
  readonly onReady: () => void
  readonly warn: (message: string) => void
  readonly losses: RecordLosses
}

/** SubscribeToShard: one call a second, and a subscription of the same consumer can be taken over after five. */
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
  /** The last event had nothing left, and no number to go on after; since then a listing has shown that the shard is closed. */
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

  /** Whether the shard was read to its end, or to where the source stops; false: the subscription's time is up. */
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
        // Without a place to go on from, and without proof of an end: from the last record on, by another subscription.
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
   * At the tip, and the stopping time has passed. But events wait on their way, and this one may be of before that time; those of
   * a subscription that is begun now are not.
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

  /** @throws what trying again cannot mend */
  #delayAfter(error: unknown): number {
    if (!(error instanceof ShardlineError)) throw error
    if (this.#position.retreat(error, clockSlackMs(this.#proxy))) return 0
    if (!error.retryable) throw error
    this.trouble = error.message
    this.#failing.failed(error.message)
    if (error.code === 'THROTTLED') this.throttles++
    // Another subscription of this consumer holds the shard, perhaps this job's own of before a restart.
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

/** Nothing was there that had not been read. */
const isTip = ({ batch, millisBehindLatest }: SubscriptionEvent): boolean =>
  batch.count === 0 && millisBehindLatest === 0
