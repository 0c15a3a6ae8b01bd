/**
 * Reads one shard by polling, one request at a time, independently of other shards. Temporary failures are retried with half jitter.
 * An expired iterator is renewed at the last position. If the records of a position have passed their retention, reading continues
 * at the oldest record, with a warning.
 */
import { sleep } from '../../../../foundation/clock.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { ServiceError, ShardlineError } from '../../../../foundation/errors.ts'
import type { GetRecordsResult } from '../../../../aws/kinesis/get-records-result.ts'
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import { PersistentFailure } from '../../../../foundation/persistent-failure.ts'
import { backoffMs } from '../../../../foundation/retry.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import type { Permits } from './permits.ts'
import { ReadingPosition } from './reading-position.ts'
import { shardEnd } from './shard-end.ts'
import { clockSlackMs, HandOver, hasReached, stopAt } from './shard-reader.ts'
import type { Fetched, FetchEnd, ReaderActivity, ShardReader } from './shard-reader.ts'
import { ShardQuota } from './shard-quota.ts'
import { Unpacking } from './unpacking.ts'

export interface PollingOptions {
  readonly maxRecordCount: number
  readonly emptyFetchIntervalMs: number
  readonly nonEmptyFetchIntervalMs: number
  /** Whether the quotas of the service apply from the start. Otherwise they apply after the first throttle. */
  readonly paced: boolean
  /** The share of the shard's quotas that this job uses, above 0 and at most 1. */
  readonly quotaShare: number
  readonly retryMinDelayMs: number
  readonly retryMaxDelayMs: number
  readonly retryMaxAttempts: number
  readonly deaggregate: boolean
  /** Records that arrived later are not read. Epoch milliseconds; `null` when the source never stops by itself. */
  readonly stopAtMs: number | null
  /**
   * The same instant in this machine's time, if it is the one at which the job was submitted. All records from before it have been read
   * when a later request finds none. `null` when the instant is given in the service's time.
   */
  readonly stopAtLocalMs?: number | null
}

export interface PollingCollaborators {
  readonly proxy: SourceStreamProxy
  readonly clock: Clock
  readonly permits: Permits
  readonly onReady: () => void
  readonly warn: (message: string) => void
  readonly losses: RecordLosses
}

export class PollingShardReader implements ShardReader {
  readonly shardId: string
  millisBehindLatest = -1
  activity: ReaderActivity = 'starting'
  trouble: string | null = null
  lastAnswerAtMs: number
  fetchIntervalMs: number | null = null
  throttles = 0
  readonly #proxy: SourceStreamProxy
  readonly #options: PollingOptions
  readonly #clock: Clock
  readonly #permits: Permits
  readonly #handOver: HandOver
  readonly #failing: PersistentFailure
  readonly #quota: ShardQuota
  readonly #unpacking: Unpacking
  readonly #closing = new AbortController()
  readonly #position: ReadingPosition
  #iterator: string | null = null
  #calledAt: number | null = null
  /** The last answer had no records and no iterator, and a later listing has shown that the shard is closed. */
  #knownClosed = false

  constructor(split: KinesisShardSplit, options: PollingOptions, collaborators: PollingCollaborators) {
    const { proxy, clock, permits, onReady, warn, losses } = collaborators
    this.shardId = split.shardId
    this.lastAnswerAtMs = clock.now()
    this.#position = new ReadingPosition(split, losses)
    this.#proxy = proxy
    this.#options = options
    this.#clock = clock
    this.#permits = permits
    this.#handOver = new HandOver(onReady)
    this.#failing = new PersistentFailure(clock, warn)
    this.#quota = new ShardQuota(clock, options.quotaShare, options.paced)
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
    const { emptyFetchIntervalMs, nonEmptyFetchIntervalMs } = this.#options
    try {
      for (;;) {
        const { fetched, release } = await this.#fetch()
        try {
          signal.throwIfAborted()
          this.activity = 'backpressured'
          // The permit is released when the batch is taken. This bounds the batches that wait, for any number of shards.
          if (fetched.batch !== null || fetched.end !== null) await this.#handOver.put(fetched, signal)
        } finally {
          release()
        }
        if (fetched.end !== null) return
        this.activity = 'pausing'
        const pause = fetched.batch === null ? emptyFetchIntervalMs : nonEmptyFetchIntervalMs
        const wait = Math.max(pause, this.#quota.waitMs())
        if (wait > 0) await sleep(this.#clock, wait, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.activity = 'ended'
    }
  }

  /** Resolves to an answer, and to the function that releases its permit. */
  async #fetch(): Promise<{ readonly fetched: Fetched; readonly release: () => void }> {
    const { retryMaxAttempts, retryMinDelayMs, retryMaxDelayMs } = this.#options
    const { signal } = this.#closing
    for (let attempt = 1; ; attempt++) {
      this.activity = 'waiting-for-turn'
      const release = await this.#permits.acquire(signal)
      try {
        this.activity = 'fetching'
        const fetched = await this.#getRecords()
        this.trouble = null
        this.lastAnswerAtMs = this.#clock.now()
        this.#failing.succeeded(`GetRecords on shard ${this.shardId}`)
        return { fetched, release }
      } catch (error) {
        release()
        if (signal.aborted) throw error
        if (!(error instanceof ShardlineError)) throw error
        if (attempt >= retryMaxAttempts && error.retryable) throw exhausted(error, attempt)
        if (this.#recover(error)) continue
        if (!error.retryable) throw error
        this.trouble = error.message
        this.#failing.failed(error.message)
        if (error.code === 'THROTTLED') {
          this.throttles++
          this.#quota.throttled()
        }
      }
      this.activity = 'retrying'
      const wait = Math.max(backoffMs(attempt, retryMinDelayMs, retryMaxDelayMs), this.#quota.waitMs())
      await sleep(this.#clock, wait, signal)
    }
  }

  async #getRecords(): Promise<Fetched> {
    const { maxRecordCount, stopAtMs } = this.#options
    const askedAtMs = this.#clock.now()
    this.#iterator ??= await this.#proxy.getShardIterator(this.shardId, this.#position.current)
    const now = this.#clock.monotonic()
    if (this.#calledAt !== null) this.fetchIntervalMs = now - this.#calledAt
    this.#calledAt = now
    this.#quota.called()
    const result = await this.#proxy.getRecords(this.shardId, this.#iterator, this.#quota.limit(maxRecordCount))
    const { batch: received, nextShardIterator } = result
    let end: FetchEnd | null
    let batch: RecordBatch
    try {
      this.#position.check(received, 'GetRecords')
      end = nextShardIterator === null ? await this.#endOf(result) : null
      batch = this.#unpacking.unpack(received)
    } catch (error) {
      // The records are requested again, with a new iterator at the last position.
      this.#iterator = null
      throw error
    }
    if (nextShardIterator !== null) this.#knownClosed = false
    this.#iterator = nextShardIterator
    this.millisBehindLatest = result.millisBehindLatest ?? -1
    this.#position.received(received)
    if (received.count > 0) this.#quota.received(received.count, received.byteLength)
    const fetched: Fetched = { batch: batch.count > 0 ? batch : null, end, continuationSequenceNumber: null }
    if (stopAtMs === null) return fetched
    const atTip = received.count === 0 && this.millisBehindLatest === 0
    return stopAt(fetched, stopAtMs, atTip && hasReached(this.#options, askedAtMs, this.#proxy))
  }

  async #endOf(result: GetRecordsResult): Promise<FetchEnd | null> {
    const answer = { operation: 'GetRecords', ...result, closed: this.#knownClosed }
    const end = await shardEnd(this.#proxy, this.shardId, answer)
    if (end !== 'closed') return end
    this.#knownClosed = true
    return null
  }

  /** Whether the request can be made again at once, with a new iterator. */
  #recover(error: ShardlineError): boolean {
    if (error.code === 'ITERATOR_EXPIRED') {
      this.#iterator = null
      return true
    }
    if (this.#iterator !== null) return false
    return this.#position.retreat(error, clockSlackMs(this.#proxy))
  }
}

function exhausted(cause: ShardlineError, attempts: number): ServiceError {
  return new ServiceError(
    'SERVICE_FAILED',
    `${cause.message} The source gives up after ${attempts} attempts (retry-strategy.attempts.max).`,
    {
      cause,
      details: cause.details,
    },
  )
}
