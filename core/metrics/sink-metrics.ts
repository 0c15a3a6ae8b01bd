/** What a sink writer counts. */
import type { Trouble } from '../foundation/persistent-failure.ts'

export interface SinkWriterMetrics {
  /** Records that the service acknowledged, each once: those of an aggregate one by one. */
  readonly records: number
  /** Their data and keys. */
  readonly bytes: number
  /** Records that were sent again. */
  readonly retries: number
  /** Entries that were refused, or were in a request that failed, each time. */
  readonly errors: number
  /** The same by the service's name for it, or ours where there was no answer. */
  readonly errorsByCode: Readonly<Record<string, number>>
  /** Records that could never be written and were given to the dead letters. */
  readonly deadLetters: number
  readonly inFlightRequests: number
  readonly bufferedEntries: number
  readonly currentSendTimeMs: number
  /** What every request fails of now; `null` while requests succeed. */
  readonly trouble: Trouble | null
}
