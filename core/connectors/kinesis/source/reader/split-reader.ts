/**
 * Reads one split, by polling or by enhanced fan-out, and remembers how far its records were handed out. If the service refuses
 * enhanced fan-out, and the source may fall back to polling, the split is polled from there on.
 */
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { ShardlineError } from '../../../../foundation/errors.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { ShardLosses, ShardMetrics } from '../../../../metrics/shard-metrics.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import { advance, placeOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import type { ShardAssignment } from '../split/split-events.ts'
import { FanOutShardReader } from './fan-out-shard-reader.ts'
import type { FanOutOptions } from './fan-out-shard-reader.ts'
import type { Permits } from './permits.ts'
import { PollingShardReader } from './polling-shard-reader.ts'
import type { PollingOptions } from './polling-shard-reader.ts'
import type { Fetched, FetchEnd, ShardReader } from './shard-reader.ts'

export interface SplitReaderOptions extends PollingOptions, FanOutOptions {
  /** Whether a split is polled when the service refuses enhanced fan-out. */
  readonly fallsBackToPolling: boolean
}

export interface SplitReaderCollaborators {
  readonly proxy: SourceStreamProxy
  readonly clock: Clock
  readonly permits: Permits
  readonly losses: RecordLosses
  readonly onReady: () => void
  readonly warn: (message: string) => void
  /** Called when the split cannot be read any further. */
  readonly fail: (error: unknown) => void
}

/** Errors by which the service refuses enhanced fan-out for good. */
const REFUSALS: readonly string[] = ['ACCESS_DENIED', 'CONSUMER_NOT_FOUND', 'VALIDATION_FAILED']

/** What a split reader knows of its shard. The source adds the losses. */
export type SplitMetrics = Omit<ShardMetrics, keyof ShardLosses>

export class SplitReader {
  paused = false
  readonly #options: SplitReaderOptions
  readonly #collaborators: SplitReaderCollaborators
  #split: KinesisShardSplit
  #reader: ShardReader
  /** The part of the last answer that was not handed out yet. */
  #rest: Fetched | null = null
  #records = 0
  #bytes = 0
  #closed = false

  /** Begins to read at once. */
  constructor(
    { split, consumerArn }: ShardAssignment,
    options: SplitReaderOptions,
    collaborators: SplitReaderCollaborators,
  ) {
    this.#split = split
    this.#options = options
    this.#collaborators = collaborators
    this.#reader =
      consumerArn === null
        ? this.#pollingReader()
        : new FanOutShardReader(split, consumerArn, this.#options, this.#collaborators)
    this.#run()
  }

  /** The split with the position behind the last record that was handed out. */
  get split(): KinesisShardSplit {
    return this.#split
  }

  get splitId(): string {
    return this.#split.splitId
  }

  get ready(): boolean {
    return !this.paused && (this.#rest !== null || this.#reader.ready)
  }

  /** Takes what is ready, at most `maxRecords`. `batch` is `null` when nothing but the end was ready. */
  take(maxRecords: number): { readonly batch: RecordBatch | null; readonly end: FetchEnd | null } {
    const { batch, end, continuationSequenceNumber } = this.#rest ?? this.#reader.take()!
    this.#rest = null
    if (batch === null) {
      if (continuationSequenceNumber !== null) this.#split = { ...this.#split, continuationSequenceNumber }
      return { batch: null, end }
    }
    const count = Math.min(batch.count, maxRecords)
    const isAll = count === batch.count
    const out = batch.slice(0, count)
    this.#split = advance(this.#split, out, isAll ? continuationSequenceNumber : null)
    this.#records += count
    this.#bytes += out.byteLength
    if (!isAll) this.#rest = { batch: batch.slice(count, batch.count), end, continuationSequenceNumber }
    return { batch: out, end: isAll ? end : null }
  }

  markFinished(): void {
    this.#split = { ...this.#split, finished: true }
  }

  metrics(): SplitMetrics {
    const split = this.#split
    const reader = this.#reader
    return {
      ...placeOf(split),
      streamArn: split.streamArn,
      sequenceNumber: 'sequenceNumber' in split.position ? split.position.sequenceNumber : null,
      millisBehindLatest: reader.millisBehindLatest,
      records: this.#records,
      bytes: this.#bytes,
      finished: split.finished,
      activity: reader.activity,
      trouble: reader.trouble,
      lastAnswerAtMs: reader.lastAnswerAtMs,
      fetchIntervalMs: reader.fetchIntervalMs,
      throttles: reader.throttles,
    }
  }

  close(): void {
    this.#closed = true
    this.#reader.close()
  }

  #pollingReader(): PollingShardReader {
    return new PollingShardReader(this.#split, this.#options, this.#collaborators)
  }

  #run(): void {
    const reader = this.#reader
    reader.run().catch((error: unknown) => {
      if (reader instanceof FanOutShardReader && this.#mayPollInstead(error)) this.#pollInstead(error)
      else this.#collaborators.fail(error)
    })
  }

  #mayPollInstead(error: unknown): error is ShardlineError {
    return this.#options.fallsBackToPolling && error instanceof ShardlineError && REFUSALS.includes(error.code)
  }

  /** Polls from the position on. Records that were read but not handed out are read again. */
  #pollInstead(error: ShardlineError): void {
    if (this.#closed) return
    this.#collaborators.warn(
      `Shard ${this.#split.shardId} is polled from here on, because enhanced fan-out was refused: ${error.message}`,
    )
    this.#rest = null
    this.#reader = this.#pollingReader()
    this.#run()
  }
}
