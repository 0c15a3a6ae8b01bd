/**
 * Batches entries by count, bytes and time, sends several requests at once, and sends again what the service refused, at the
 * front and in its order. `write` waits while the buffer is full: that is the backpressure. At-least-once: an entry leaves the
 * writer only when the service has acknowledged it, in a snapshot, or as a dead letter.
 */
import type { Clock } from '../../foundation/clock.ts'
import { ServiceError, ShardlineError } from '../../foundation/errors.ts'
import type { BatchingLimits } from '../../graph/job-graph.ts'
import type { EntryRun, FailedEntry } from '../../aws/kinesis/put-records-codec.ts'
import { PersistentFailure } from '../../foundation/persistent-failure.ts'
import { BatchSender } from './batch-sender.ts'
import type { Bury, Outcome, Send } from './batch-sender.ts'
import { CongestionControl } from './congestion-control.ts'
import { EntryBuffer } from './entry-buffer.ts'
import { countEntries } from '../../aws/kinesis/put-records-codec.ts'
import { addEntry, countRecords, entrySize, forEachEntry } from './entry-runs.ts'
import type { Batch, SinkBuffer } from './sink-buffer.ts'
import type { SinkWriterMetrics } from '../../metrics/sink-metrics.ts'
import { Signal } from '../../foundation/signal.ts'

export interface AsyncSinkWriterOptions extends Omit<BatchingLimits, 'maxRecordSizeInBytes'> {
  readonly requestTimeoutMs: number
  readonly failOnTimeout: boolean
  /** For messages: `The sink to stream flights`. */
  readonly sinkName: string
}

export interface AsyncSinkWriterServices {
  readonly clock: Clock
  /** The job cannot go on. */
  readonly fail: (error: unknown) => void
  readonly warn?: (message: string) => void
  /** Takes entries that can never be written; without it they are a failure. */
  readonly bury?: Bury | null
  /** Default: first in, first out. */
  readonly buffer?: SinkBuffer
  /** From 0 up to 1; default `Math.random`. */
  readonly random?: () => number
}

const BACKOFF_BASE_MS = 50
const BACKOFF_MAX_MS = 5000

export class AsyncSinkWriter {
  readonly #options: AsyncSinkWriterOptions
  readonly #clock: Clock
  readonly #fail: (error: unknown) => void
  readonly #random: () => number
  readonly #buffer: SinkBuffer
  readonly #sender: BatchSender
  readonly #limit: CongestionControl
  readonly #trouble: PersistentFailure
  readonly #changed = new Signal()
  #flushTimer: (() => void) | null = null
  #backoffTimer: (() => void) | null = null
  /** For what the buffer itself holds back. */
  #resumeTimer: { readonly at: number; readonly cancel: () => void } | null = null
  /** How many entries have waited long enough: so many go as soon as the limits allow, in a full batch or not. */
  #due = 0
  /** Backoffs in a row; requests that fail at the same time are behind one. */
  #failures = 0
  /** Who waits until all is sent, and who until nothing is on its way. */
  #draining = 0
  #snapshots = 0
  #failure: unknown = null
  #closed = false
  #metrics = { records: 0, bytes: 0, retries: 0, errors: 0, deadLetters: 0, currentSendTimeMs: 0 }
  readonly #errorsByCode = new Map<string, number>()

  constructor(send: Send, options: AsyncSinkWriterOptions, services: AsyncSinkWriterServices) {
    const { clock, fail, warn = () => undefined, bury = null, buffer = new EntryBuffer() } = services
    this.#options = options
    this.#clock = clock
    this.#fail = fail
    this.#random = services.random ?? Math.random
    this.#buffer = buffer
    this.#sender = new BatchSender(send, { ...options, clock, bury })
    this.#limit = new CongestionControl(options.maxInFlightRequests, options.maxBatchSize)
    this.#trouble = new PersistentFailure(clock, warn)
  }

  /** Takes all entries of the run; resolves when the last of them is in the buffer. */
  async write(run: EntryRun): Promise<void> {
    const { maxBufferedRequests } = this.#options
    let from = run.from
    while (from < run.to) {
      const room = maxBufferedRequests - this.#buffer.count
      if (room <= 0) {
        // Full, but perhaps not by a whole batch: what is there goes out, or comes back from the service.
        this.#flush(true)
        if (this.#buffer.count >= maxBufferedRequests) await this.#change()
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

  /** Takes entries whether there is room or not: there must be few of them. */
  append(run: EntryRun): void {
    this.#buffer.push(run)
    this.#flush(false)
    this.#armFlushTimer()
  }

  /** Takes those of a snapshot, of which nothing is sent at once. */
  add(run: EntryRun): void {
    this.#buffer.push(run)
    this.#armFlushTimer()
  }

  /** What waits now is sent as soon as the limits allow, in a full batch or not. */
  hasten(): void {
    this.#flush(true)
  }

  /** Waits until nothing is on its way, which it lets nothing follow; then what still waits. */
  async snapshot(): Promise<EntryRun[]> {
    this.#throwIfFailed()
    this.#snapshots++
    try {
      while (this.#limit.inFlightRequests > 0) await this.#change()
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
        await this.#change()
      }
    } finally {
      this.#draining--
    }
  }

  /** What waits now. */
  buffered(): EntryRun[] {
    return this.#buffer.runs()
  }

  metrics(): SinkWriterMetrics {
    return {
      ...this.#metrics,
      trouble: this.#trouble.current,
      errorsByCode: Object.fromEntries(this.#errorsByCode),
      inFlightRequests: this.#limit.inFlightRequests,
      bufferedEntries: this.#buffer.count,
    }
  }

  close(): void {
    this.#closed = true
    this.#flushTimer?.()
    this.#backoffTimer?.()
    this.#resumeTimer?.cancel()
    this.#sender.close()
    this.#changed.notify()
  }

  /** Sends full batches, or with `partial` whatever there is, as far as the limits allow. */
  #flush(partial: boolean): void {
    const { maxBatchSize, maxBatchSizeInBytes } = this.#options
    if (partial) this.#due = this.#buffer.count
    while (this.#backoffTimer === null && this.#snapshots === 0 && !this.#closed && this.#failure === null) {
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
    this.#metrics.currentSendTimeMs = this.#clock.monotonic() - startedAt
    if (this.#closed) return
    if (outcome === null) this.#requestFailed(batch, cause)
    else this.#requestReturned(batch, outcome)
    this.#flush(false)
    this.#changed.notify()
  }

  #requestReturned(batch: Batch, { failed, replaced, buried, rejections }: Outcome): void {
    const refused = failed.length
    for (const { errorCode } of failed) this.#countErrors(errorCode, 1)
    for (const { errorCode } of rejections) this.#countErrors(errorCode, 1)
    const explained = this.#buffer.returned(batch, failed)
    this.#limit.completed(batch.count, explained ? 0 : refused)
    const sink = this.#options.sinkName
    // A request of which some entries were taken is progress: a hot shard is back-pressure, not an outage.
    if (refused < batch.count) this.#trouble.succeeded(sink)
    else this.#trouble.failed(`${sink} has every record refused: ${failed[0]!.errorCode}: ${failed[0]!.errorMessage}.`)
    if (refused > 0 && this.#options.failOnError) {
      this.#end(refusedError(sink, failed))
      return
    }
    const again: EntryRun[] = []
    let refusedRecords = 0
    if (refused + replaced.size + buried.size === 0) {
      this.#metrics.records += countRecords(batch.runs)
      this.#metrics.bytes += batch.bytes
      for (const run of batch.runs) run.onAcknowledged?.(run.to - run.from)
    } else {
      const failedAt = new Set(failed.map(f => f.index))
      let index = 0
      forEachEntry(batch.runs, (run, i) => {
        const at = index++
        const records = run.userRecords?.[i] ?? 1
        if (failedAt.has(at)) {
          addEntry(again, run, i)
          refusedRecords += records
        } else if (replaced.has(at)) {
          again.push(...replaced.get(at)!)
          refusedRecords += records
        } else {
          if (buried.has(at)) this.#metrics.deadLetters += records
          else {
            this.#metrics.records += records
            this.#metrics.bytes += entrySize(run, i)
          }
          run.onAcknowledged?.(1)
        }
      })
    }
    this.#metrics.retries += refusedRecords
    if (again.length > 0) this.#buffer.pushFront(again)
    this.#due += countEntries(again)
    if (refused === 0) this.#failures = 0
    else if (!explained) this.#backOff()
  }

  #requestFailed(batch: Batch, cause: unknown): void {
    this.#buffer.returned(batch, null)
    this.#limit.completed(batch.count, batch.count)
    const { failOnError, failOnTimeout } = this.#options
    const code = cause instanceof ShardlineError ? cause.code : null
    const name = cause instanceof ShardlineError ? (cause.details['errorName'] as string | undefined) : undefined
    this.#countErrors(name ?? code ?? 'INTERNAL', batch.count)
    if (
      !(cause instanceof ShardlineError && cause.retryable) ||
      (code === 'REQUEST_TIMED_OUT' ? failOnTimeout : failOnError)
    ) {
      this.#end(cause)
      return
    }
    this.#trouble.failed(cause.message)
    this.#metrics.retries += countRecords(batch.runs)
    this.#buffer.pushFront(batch.runs)
    this.#due += batch.count
    this.#backOff()
  }

  /** Full jitter: anywhere between at once and the growing bound. */
  #backOff(): void {
    if (this.#backoffTimer !== null) return
    const bound = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures++, 16))
    this.#backoffTimer = this.#clock.schedule(this.#random() * bound, () => {
      this.#backoffTimer = null
      this.#flush(false)
      this.#changed.notify()
    })
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

  #countErrors(code: string, entries: number): void {
    this.#metrics.errors += entries
    this.#errorsByCode.set(code, (this.#errorsByCode.get(code) ?? 0) + entries)
  }

  #end(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#fail(error)
    this.#changed.notify()
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure as Error
  }

  async #change(): Promise<void> {
    this.#throwIfOver()
    await this.#changed.wait()
    this.#throwIfOver()
  }

  #throwIfOver(): void {
    this.#throwIfFailed()
    if (this.#closed) throw new ShardlineError('ILLEGAL_STATE', 'the sink writer is closed')
  }
}

function refusedError(sink: string, failed: readonly FailedEntry[]): ServiceError {
  const { errorCode, errorMessage } = failed[0]!
  return new ServiceError(
    'RECORDS_REJECTED',
    `${sink}: ${failed.length} records were refused, the first with ${errorCode}: ${errorMessage.replace(/\.?$/, '.')} The sink was built to fail on errors (failOnError); without that it would send them again.`,
    { details: { sink, errorCode } },
  )
}
