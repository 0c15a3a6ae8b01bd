/**
 * Reads one shard by polling, one request at a time, independently of all others: a slow shard stalls nobody.
 * It fetches one batch ahead: while the job works on a batch, the next is on its way, and no further (that is the
 * backpressure). Failures that may pass are retried with half jitter; an expired iterator is renewed from the last position.
 */
import { sleep } from '../../clock.ts'
import type { Clock } from '../../clock.ts'
import { ServiceError, ShardlineError } from '../../errors.ts'
import type { ChildShard } from '../../kinesis/get-records-codec.ts'
import type { SourceStreamProxy, StartingPosition } from '../../kinesis/stream-proxy.ts'
import { PersistentFailure } from '../../persistent-failure.ts'
import type { RecordBatch } from '../../record-batch/record-batch.ts'
import type { Permits } from './permits.ts'

export interface PollingOptions {
  readonly maxRecordCount: number
  readonly emptyFetchIntervalMs: number
  readonly nonEmptyFetchIntervalMs: number
  /** Least time between two calls for a shard. GetRecords: 5 calls a second and shard. 0: until the first throttle. */
  readonly minFetchIntervalMs: number
  readonly retryMinDelayMs: number
  readonly retryMaxDelayMs: number
  readonly retryMaxAttempts: number
  /** Epoch milliseconds; records that arrived later are not read. null: never stops. */
  readonly stopAtMs: number | null
}

/** 5 GetRecords calls a second and shard, shared by everybody who reads it. */
const SERVICE_FETCH_INTERVAL_MS = 200

export type FetchEnd =
  { readonly type: 'shard-end'; readonly childShards: readonly ChildShard[] } | { readonly type: 'stopped' }

export interface Fetched {
  readonly batch: RecordBatch | null
  /** Set when nothing follows this batch. */
  readonly end: FetchEnd | null
}

export class ShardSplitReader {
  readonly shardId: string
  millisBehindLatest = -1
  readonly #proxy: SourceStreamProxy
  readonly #options: PollingOptions
  readonly #clock: Clock
  readonly #permits: Permits
  readonly #onReady: () => void
  readonly #trouble: PersistentFailure
  readonly #closing = new AbortController()
  /** The position after the last record that was fetched. */
  #position: StartingPosition
  #iterator: string | null = null
  #minFetchIntervalMs: number
  #calledAt = 0
  #slot: Fetched | null = null
  #slotTaken: (() => void) | null = null

  constructor(
    shardId: string,
    position: StartingPosition,
    proxy: SourceStreamProxy,
    options: PollingOptions,
    clock: Clock,
    permits: Permits,
    onReady: () => void,
    warn: (message: string) => void = () => undefined,
  ) {
    this.shardId = shardId
    this.#position = position
    this.#proxy = proxy
    this.#options = options
    this.#clock = clock
    this.#permits = permits
    this.#onReady = onReady
    this.#trouble = new PersistentFailure(clock, warn)
    this.#minFetchIntervalMs = options.minFetchIntervalMs
  }

  get ready(): boolean {
    return this.#slot !== null
  }

  take(): Fetched | null {
    const fetched = this.#slot
    this.#slot = null
    this.#slotTaken?.()
    this.#slotTaken = null
    return fetched
  }

  close(): void {
    this.#closing.abort(new Error('the reader is closed'))
  }

  /** Runs until the shard ends, the source stops, or `close`. @throws ServiceError when it cannot go on */
  async run(): Promise<void> {
    const { signal } = this.#closing
    const { emptyFetchIntervalMs, nonEmptyFetchIntervalMs } = this.#options
    try {
      for (;;) {
        const { fetched, release } = await this.#fetch()
        try {
          signal.throwIfAborted()
          // The permit goes back when the batch is taken, so that what waits here is bounded too, however many shards there are.
          if (fetched.batch !== null || fetched.end !== null) await this.#handOver(fetched)
        } finally {
          release()
        }
        if (fetched.end !== null) return
        const pause = fetched.batch === null ? emptyFetchIntervalMs : nonEmptyFetchIntervalMs
        const spent = this.#clock.monotonic() - this.#calledAt
        const wait = Math.max(pause, this.#minFetchIntervalMs - spent)
        if (wait > 0) await sleep(this.#clock, wait, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Comes with the permit that it was fetched under. */
  async #fetch(): Promise<{ readonly fetched: Fetched; readonly release: () => void }> {
    const { maxRecordCount, retryMaxAttempts, stopAtMs } = this.#options
    for (let attempt = 1; ; attempt++) {
      const release = await this.#permits.acquire(this.#closing.signal)
      try {
        const askedAtMs = this.#clock.now()
        this.#iterator ??= await this.#proxy.getShardIterator(this.shardId, this.#position)
        this.#calledAt = this.#clock.monotonic()
        const result = await this.#proxy.getRecords(this.shardId, this.#iterator, maxRecordCount)
        this.#trouble.succeeded(`GetRecords on shard ${this.shardId}`)
        this.#iterator = result.nextShardIterator
        this.millisBehindLatest = result.millisBehindLatest ?? -1
        const { count, positions } = result.batch
        if (count > 0)
          this.#position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: positions!.sequenceNumber(count - 1) }
        const end: FetchEnd | null =
          result.nextShardIterator === null ? { type: 'shard-end', childShards: result.childShards } : null
        const fetched = { batch: count > 0 ? result.batch : null, end }
        const atTip = stopAtMs !== null && count === 0 && this.millisBehindLatest === 0 && askedAtMs >= stopAtMs
        return { fetched: stopAtMs === null ? fetched : stopAt(fetched, stopAtMs, atTip), release }
      } catch (error) {
        release()
        if (this.#closing.signal.aborted) throw error
        if (!(error instanceof ShardlineError) || !error.retryable) throw error
        if (attempt >= retryMaxAttempts) throw exhausted(error, attempt)
        if (error.code === 'ITERATOR_EXPIRED') {
          this.#iterator = null
          continue
        }
        this.#trouble.failed(error.message)
        if (error.code === 'THROTTLED')
          this.#minFetchIntervalMs = Math.max(this.#minFetchIntervalMs, SERVICE_FETCH_INTERVAL_MS)
      }
      await sleep(this.#clock, this.#backoffMs(attempt), this.#closing.signal)
    }
  }

  #handOver(fetched: Fetched): Promise<void> {
    this.#slot = fetched
    this.#onReady()
    return new Promise((resolve, reject) => {
      const { signal } = this.#closing
      const onAbort = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#slotTaken = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
    })
  }

  /** Half jitter: half the delay is fixed, half is chance. */
  #backoffMs(attempt: number): number {
    const { retryMinDelayMs, retryMaxDelayMs } = this.#options
    const delay = Math.min(retryMaxDelayMs, retryMinDelayMs * 2 ** Math.min(attempt - 1, 20))
    return delay / 2 + (Math.random() * delay) / 2
  }
}

/** Cuts a batch where the source stops. `atTip`: nothing was left to read when the stopping time had passed. */
function stopAt(fetched: Fetched, stopAtMs: number, atTip: boolean): Fetched {
  const { batch } = fetched
  const arrivals = batch?.timestamp
  if (batch !== null && arrivals !== null && arrivals !== undefined) {
    const firstLate = arrivals.findIndex(arrival => arrival > stopAtMs)
    if (firstLate >= 0) return { batch: firstLate === 0 ? null : batch.slice(0, firstLate), end: { type: 'stopped' } }
  }
  if (fetched.end === null && atTip) return { batch, end: { type: 'stopped' } }
  return fetched
}

function exhausted(cause: ShardlineError, attempts: number): ServiceError {
  return new ServiceError(
    'SERVICE_FAILED',
    `${cause.message} Gave up after ${attempts} attempts (retry-strategy.attempts.max).`,
    {
      cause,
      details: cause.details,
    },
  )
}
