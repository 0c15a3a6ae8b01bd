/**
 * Sends entries in batches that are limited by count, bytes and time, several requests at once. Entries that the service refuses
 * are sent again, before all others and in their order. `write` waits while the buffer is full: that is the backpressure.
 * At-least-once: an entry leaves the writer only when the service has acknowledged it, in a snapshot, or as a dead letter.
 */
import { countEntries } from '../../aws/kinesis/put-records-codec.ts'
import type { EntryRun, FailedEntry } from '../../aws/kinesis/put-records-codec.ts'
import type { Clock } from '../../foundation/clock.ts'
import { ServiceError, ShardlineError } from '../../foundation/errors.ts'
import { PersistentFailure } from '../../foundation/persistent-failure.ts'
import { Signal } from '../../foundation/signal.ts'
import type { BatchingLimits } from './batching-limits.ts'
import type { SinkWriterMetrics } from '../../metrics/sink-metrics.ts'
import { BatchSender } from './batch-sender.ts'
import type { Outcome, Send } from './batch-sender.ts'
import { settleBatch } from './batch-settlement.ts'
import { CongestionControl } from './congestion-control.ts'
import { EntryBuffer } from './entry-buffer.ts'
import { countRecords } from './entry-runs.ts'
import type { DeliverRejected } from './rejection.ts'
import { RequestBackoff } from './request-backoff.ts'
import type { Batch, SinkBuffer } from './sink-buffer.ts'
import { SinkCounters } from './sink-counters.ts'

export interface AsyncSinkWriterOptions extends Omit<BatchingLimits, 'maxRecordSizeInBytes'> {
  readonly requestTimeoutMs: number
  readonly failOnTimeout: boolean
  /** For messages: `The sink to stream flights`. */
  readonly sinkName: string
}

export interface AsyncSinkWriterServices {
  readonly clock: Clock
  /** Ends the attempt of the job with this error. */
  readonly fail: (error: unknown) => void
  readonly warn?: (message: string) => void
  /** Stores entries that can never be written. `null`: such an entry fails the job. */
  readonly deliverRejected?: DeliverRejected | null
  /** By default an `EntryBuffer`: first in, first out. */
  readonly buffer?: SinkBuffer
  /** From 0 up to 1. By default `Math.random`. */
  readonly random?: () => number
}

export class AsyncSinkWriter {
  readonly #options: AsyncSinkWriterOptions
  readonly #clock: Clock
  readonly #fail: (error: unknown) => void
  readonly #buffer: SinkBuffer
  readonly #sender: BatchSender
  readonly #limit: CongestionControl
  readonly #backoff: RequestBackoff
  readonly #trouble: PersistentFailure
  readonly #counters = new SinkCounters()
  /** Notified when a request has returned, a pause is over, or the writer has failed or closed. */
  readonly #changed = new Signal()
  #flushTimer: (() => void) | null = null
  /** For entries that the buffer itself holds back. */
  #resumeTimer: { readonly at: number; readonly cancel: () => void } | null = null
  /** How many entries have waited long enough. They are sent as soon as the limits allow, in a full batch or not. */
  #due = 0
  /** How many calls of `drain` and of `snapshot` are active. */
  #draining = 0
  #snapshots = 0
  #failure: unknown = null
  #closed = false

  constructor(send: Send, options: AsyncSinkWriterOptions, services: AsyncSinkWriterServices) {
    const { clock, fail, warn = () => undefined, deliverRejected = null, buffer = new EntryBuffer() } = services
    this.#options = options
    this.#clock = clock
    this.#fail = fail
    this.#buffer = buffer
    this.#sender = new BatchSender(send, { ...options, clock, deliverRejected })
    this.#limit = new CongestionControl(options.maxInFlightRequests, options.maxBatchSize)
    this.#backoff = new RequestBackoff(clock, services.random ?? Math.random, () => {
      this.#flush(false)
      this.#changed.notify()
    })
    this.#trouble = new PersistentFailure(clock, warn)
  }

  /** Takes all entries of the run. Resolves when the last of them is in the buffer. */
  async write(run: EntryRun): Promise<void> {
    const { maxBufferedRequests } = this.#options
    let from = run.from
    while (from < run.to) {
      const room = maxBufferedRequests - this.#buffer.count
      if (room <= 0) {
        // The buffer is full, but may hold less than a full batch: a partial one is sent.
        this.#flush(true)
        if (this.#buffer.count >= maxBufferedRequests) await this.#waitForChange()
        continue
      }
      const to = Math.min(run.to, from + room)
      this.#buffer.push({ ...run, from, to })
      from = to
      this.#flush(false)
    }
    this.#armFlushTimer()
    this.#throwIfFailed()
  }

  /** Takes entries even when the buffer is full. The caller must not add many. */
  append(run: EntryRun): void {
    this.#buffer.push(run)
    this.#flush(false)
    this.#armFlushTimer()
  }

  /** Takes restored entries. They are sent when a later call or the flush timer sends them, not at once. */
  restore(run: EntryRun): void {
    this.#buffer.push(run)
    this.#armFlushTimer()
  }

  /** Sends what is buffered now as soon as the limits allow, in a full batch or not. */
  sendBuffered(): void {
    this.#flush(true)
  }

  /** Starts no further request, waits until none is in flight, and resolves to the entries that are still buffered. */
  async snapshot(): Promise<EntryRun[]> {
    this.#throwIfFailed()
    this.#snapshots++
    try {
      while (this.#limit.inFlightRequests > 0) await this.#waitForChange()
      return this.#buffer.runs()
    } finally {
      this.#snapshots--
      this.#flush(false)
      this.#changed.notify()
    }
  }

  /** Sends everything, and resolves when all of it was acknowledged. */
  async drain(): Promise<void> {
    this.#throwIfFailed()
    this.#draining++
    try {
      for (;;) {
        this.#flush(true)
        if (this.#buffer.count === 0 && this.#limit.inFlightRequests === 0) return
        await this.#waitForChange()
      }
    } finally {
      this.#draining--
    }
  }

  /** The entries that wait now. */
  buffered(): EntryRun[] {
    return this.#buffer.runs()
  }

  metrics(): SinkWriterMetrics {
    return {
      ...this.#counters.counts(),
      trouble: this.#trouble.current,
      inFlightRequests: this.#limit.inFlightRequests,
      bufferedEntries: this.#buffer.count,
    }
  }

  close(): void {
    this.#closed = true
    this.#flushTimer?.()
    this.#backoff.close()
    this.#resumeTimer?.cancel()
    this.#sender.close()
    this.#changed.notify()
  }

  /** Sends full batches as far as the limits allow; with `partial`, also what is left over. */
  #flush(partial: boolean): void {
    const { maxBatchSize, maxBatchSizeInBytes } = this.#options
    if (partial) this.#due = this.#buffer.count
    while (!this.#backoff.active && this.#snapshots === 0 && !this.#closed && this.#failure === null) {
      const { pressing, count, bytes } = this.#buffer
      const limit = Math.min(maxBatchSize, this.#limit.maxInFlightEntries)
      const next = Math.min(limit, pressing)
      if (next === 0 || this.#limit.blocks(next)) break
      const full = pressing >= limit || (bytes / count) * pressing >= maxBatchSizeInBytes
      if (!full && this.#due === 0 && this.#draining === 0) break
      const batch = this.#buffer.take(next, maxBatchSizeInBytes)
      if (batch === null) break
      this.#due = Math.max(0, this.#due - batch.count)
      void this.#request(batch)
    }
    this.#armResumeTimer()
  }

  async #request(batch: Batch): Promise<void> {
    this.#limit.started(batch.count)
    const startedAt = this.#clock.monotonic()
    let outcome: Outcome | null = null
    let cause: unknown = null
    try {
      outcome = await this.#sender.deliver(batch.runs)
    } catch (error) {
      cause = error
    }
    this.#counters.currentSendTimeMs = this.#clock.monotonic() - startedAt
    if (this.#closed) return
    if (outcome === null) this.#requestFailed(batch, cause)
    else this.#requestReturned(batch, outcome)
    this.#flush(false)
    this.#changed.notify()
  }

  #requestReturned(batch: Batch, outcome: Outcome): void {
    const { failed, rejections } = outcome
    const refused = failed.length
    for (const { errorCode } of failed) this.#counters.addErrors(errorCode, 1)
    for (const { errorCode } of rejections) this.#counters.addErrors(errorCode, 1)
    const explained = this.#buffer.returned(batch, failed)
    this.#limit.completed(batch.count, explained ? 0 : refused)
    const sink = this.#options.sinkName
    // A request of which some entries were written is progress: a hot shard is backpressure, not an outage.
    if (refused < batch.count) this.#trouble.succeeded(sink)
    else this.#trouble.failed(`${sink} has every record refused: ${failed[0]!.errorCode}: ${failed[0]!.errorMessage}.`)
    if (refused > 0 && this.#options.failOnError) {
      this.#failWith(refusedError(sink, failed))
      return
    }
    this.#sendAgain(settleBatch(batch, outcome, this.#counters))
    if (refused === 0) this.#backoff.reset()
    else if (!explained) this.#backoff.pause()
  }

  #requestFailed(batch: Batch, cause: unknown): void {
    this.#buffer.returned(batch, null)
    this.#limit.completed(batch.count, batch.count)
    const { failOnError, failOnTimeout } = this.#options
    const code = cause instanceof ShardlineError ? cause.code : null
    const name = cause instanceof ShardlineError ? (cause.details['errorName'] as string | undefined) : undefined
    this.#counters.addErrors(name ?? code ?? 'INTERNAL', batch.count)
    if (
      !(cause instanceof ShardlineError && cause.retryable) ||
      (code === 'REQUEST_TIMED_OUT' ? failOnTimeout : failOnError)
    ) {
      this.#failWith(cause)
      return
    }
    this.#trouble.failed(cause.message)
    this.#counters.retries += countRecords(batch.runs)
    this.#sendAgain(batch.runs)
    this.#backoff.pause()
  }

  #sendAgain(runs: readonly EntryRun[]): void {
    if (runs.length === 0) return
    this.#buffer.pushFront(runs)
    this.#due += countEntries(runs)
  }

  #armFlushTimer(): void {
    if (this.#flushTimer !== null || this.#buffer.count === 0 || this.#closed) return
    this.#flushTimer = this.#clock.schedule(this.#options.maxTimeInBufferMs, () => {
      this.#flushTimer = null
      this.#flush(true)
      this.#armFlushTimer()
    })
  }

  #armResumeTimer(): void {
    const at = this.#closed ? null : this.#buffer.resumesAt
    if (at === this.#resumeTimer?.at) return
    this.#resumeTimer?.cancel()
    this.#resumeTimer = null
    if (at === null) return
    const cancel = this.#clock.schedule(Math.max(0, at - this.#clock.monotonic()), () => {
      this.#resumeTimer = null
      this.#flush(false)
      this.#changed.notify()
    })
    this.#resumeTimer = { at, cancel }
  }

  #failWith(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#fail(error)
    this.#changed.notify()
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure as Error
  }

  async #waitForChange(): Promise<void> {
    this.#throwIfEnded()
    await this.#changed.wait()
    this.#throwIfEnded()
  }

  #throwIfEnded(): void {
    this.#throwIfFailed()
    if (this.#closed) throw new ShardlineError('ILLEGAL_STATE', 'The sink writer is closed.')
  }
}

function refusedError(sink: string, failed: readonly FailedEntry[]): ServiceError {
  const { errorCode, errorMessage } = failed[0]!
  return new ServiceError(
    'RECORDS_REJECTED',
    `${sink}: ${failed.length} records were refused, the first with ${errorCode}: ${errorMessage.replace(/\.?$/, '.')} The sink was built to fail on errors (failOnError). Without this setting it would send them again.`,
    { details: { sink, errorCode } },
  )
}
