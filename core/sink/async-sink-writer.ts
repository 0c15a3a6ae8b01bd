/**
 * Batches entries by count, bytes and time, sends several requests at once, and sends again what the service refused, at the
 * front and in its order. `write` waits while the buffer is full: that is the backpressure. At-least-once: an entry leaves the
 * writer only when the service has acknowledged it, or in a snapshot.
 */
import type { Clock } from '../clock.ts'
import { ServiceError, ShardlineError } from '../errors.ts'
import type { EntryRun, FailedEntry, PutRecordsResult } from '../kinesis/put-records-codec.ts'
import { PersistentFailure } from '../persistent-failure.ts'
import { CongestionControl } from './congestion-control.ts'
import { countEntries, EntryBuffer, selectEntries } from './entry-buffer.ts'

export interface AsyncSinkWriterOptions {
  readonly maxBatchSize: number
  readonly maxInFlightRequests: number
  readonly maxBufferedRequests: number
  readonly maxBatchSizeInBytes: number
  readonly maxTimeInBufferMs: number
  readonly failOnError: boolean
  /** For messages. */
  readonly streamName: string
}

export interface AsyncSinkWriterMetrics {
  /** Entries that the service acknowledged, each once. */
  readonly records: number
  readonly bytes: number
  /** Entries that were refused and sent again. */
  readonly retries: number
  readonly inFlightRequests: number
  readonly bufferedEntries: number
  readonly currentSendTimeMs: number
}

const BACKOFF_BASE_MS = 50
const BACKOFF_MAX_MS = 5000

export class AsyncSinkWriter {
  readonly #send: (runs: readonly EntryRun[]) => Promise<PutRecordsResult>
  readonly #options: AsyncSinkWriterOptions
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  readonly #buffer = new EntryBuffer()
  readonly #limit: CongestionControl
  readonly #trouble: PersistentFailure
  readonly #waiting: (() => void)[] = []
  #flushTimer: (() => void) | null = null
  #backoffTimer: (() => void) | null = null
  /** Entries at the front that have waited long enough: they go as soon as the limits allow, in a full batch or not. */
  #due = 0
  /** Requests in a row that met a failure. */
  #failures = 0
  #draining = false
  #failure: unknown = null
  #closed = false
  #metrics = { records: 0, bytes: 0, retries: 0, currentSendTimeMs: 0 }

  constructor(
    send: (runs: readonly EntryRun[]) => Promise<PutRecordsResult>,
    options: AsyncSinkWriterOptions,
    clock: Clock,
    onFailure: (error: unknown) => void,
    warn: (message: string) => void = () => undefined,
  ) {
    this.#send = send
    this.#options = options
    this.#clock = clock
    this.#onFailure = onFailure
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

  /** Resolves when nothing is in flight. The buffer stays. */
  async awaitInFlight(): Promise<void> {
    this.#throwIfFailed()
    while (this.#limit.inFlightRequests > 0) await this.#change()
  }

  /** Sends everything, and resolves when all of it was acknowledged. */
  async drain(): Promise<void> {
    this.#throwIfFailed()
    this.#draining = true
    try {
      for (;;) {
        this.#flush(true)
        if (this.#buffer.count === 0 && this.#limit.inFlightRequests === 0) return
        await this.#change()
      }
    } finally {
      this.#draining = false
    }
  }

  buffered(): EntryRun[] {
    return this.#buffer.runs()
  }

  /** Entries of a snapshot; nothing is sent at once. */
  restore(run: EntryRun): void {
    this.#buffer.push(run)
    this.#armFlushTimer()
  }

  metrics(): AsyncSinkWriterMetrics {
    return { ...this.#metrics, inFlightRequests: this.#limit.inFlightRequests, bufferedEntries: this.#buffer.count }
  }

  close(): void {
    this.#closed = true
    this.#flushTimer?.()
    this.#backoffTimer?.()
    this.#notify()
  }

  /** Sends full batches, or with `partial` whatever there is, as far as the limits allow. */
  #flush(partial: boolean): void {
    const { maxBatchSize, maxBatchSizeInBytes } = this.#options
    if (partial) this.#due = this.#buffer.count
    while (this.#backoffTimer === null && !this.#closed && this.#failure === null) {
      const limit = Math.min(maxBatchSize, this.#limit.maxInFlightEntries)
      const next = Math.min(limit, this.#buffer.count)
      if (next === 0 || this.#limit.blocks(next)) return
      const full = this.#buffer.count >= limit || this.#buffer.bytes >= maxBatchSizeInBytes
      if (!full && this.#due === 0 && !this.#draining) return
      const { bytes, count } = this.#buffer
      const runs = this.#buffer.take(next, maxBatchSizeInBytes)
      this.#due = Math.max(0, this.#due - (count - this.#buffer.count))
      void this.#request(runs, bytes - this.#buffer.bytes)
    }
  }

  async #request(runs: readonly EntryRun[], bytes: number): Promise<void> {
    const entries = countEntries(runs)
    this.#limit.started(entries)
    const startedAt = this.#clock.monotonic()
    let failed: readonly FailedEntry[]
    let cause: unknown = null
    try {
      failed = (await this.#send(runs)).failed
    } catch (error) {
      cause = error
      failed = []
    }
    this.#metrics.currentSendTimeMs = this.#clock.monotonic() - startedAt
    if (this.#closed) return
    if (cause !== null) {
      this.#requestFailed(runs, entries, cause)
      return
    }
    this.#limit.completed(entries, failed.length)
    this.#metrics.records += entries - failed.length
    this.#metrics.bytes += bytes
    const sink = `The sink to stream ${this.#options.streamName}`
    // A request of which some entries were taken is progress: a hot shard is back-pressure, not an outage.
    if (failed.length < entries) this.#trouble.succeeded(sink)
    else this.#trouble.failed(`${sink} has every record refused: ${failed[0]!.errorCode}: ${failed[0]!.errorMessage}.`)
    if (failed.length === 0) this.#failures = 0
    else {
      if (this.#options.failOnError) {
        this.#fail(refused(this.#options.streamName, failed))
        return
      }
      const before = this.#buffer.bytes
      this.#retry(
        selectEntries(
          runs,
          failed.map(f => f.index),
        ),
        failed.length,
      )
      this.#metrics.bytes -= this.#buffer.bytes - before
    }
    this.#flush(false)
    this.#notify()
  }

  #requestFailed(runs: readonly EntryRun[], entries: number, cause: unknown): void {
    this.#limit.completed(entries, entries)
    if (this.#options.failOnError || !(cause instanceof ShardlineError) || !cause.retryable) {
      this.#fail(cause)
      return
    }
    this.#trouble.failed(cause.message)
    this.#retry(runs, entries)
    this.#notify()
  }

  #retry(runs: readonly EntryRun[], entries: number): void {
    this.#metrics.retries += entries
    this.#buffer.pushFront(runs)
    this.#due += entries
    // Full jitter: anywhere between at once and the growing bound.
    const bound = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures++, 16))
    this.#backoffTimer ??= this.#clock.schedule(Math.random() * bound, () => {
      this.#backoffTimer = null
      this.#flush(false)
      this.#notify()
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

  #fail(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#onFailure(error)
    this.#notify()
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure as Error
  }

  async #change(): Promise<void> {
    this.#throwIfOver()
    await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#throwIfOver()
  }

  #throwIfOver(): void {
    this.#throwIfFailed()
    if (this.#closed) throw new ShardlineError('ILLEGAL_STATE', 'the sink writer is closed')
  }

  #notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

function refused(stream: string, failed: readonly FailedEntry[]): ServiceError {
  const { errorCode, errorMessage } = failed[0]!
  return new ServiceError(
    'RECORDS_REJECTED',
    `PutRecords on stream ${stream}: ${failed.length} records were refused, the first with ${errorCode}: ${errorMessage.replace(/\.?$/, '.')} The sink was built to fail on errors (failOnError); without that it would send them again.`,
    { details: { stream, errorCode } },
  )
}
