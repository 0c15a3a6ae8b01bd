/** What waits to be sent, as the writer sees it. Which entries may go, and in which order, is each buffer's own business. */
import type { EntryRun, FailedEntry } from '../../aws/kinesis/put-records-codec.ts'

/** Entries that leave together. */
export interface Batch {
  readonly runs: readonly EntryRun[]
  readonly count: number
  /** Data and partition keys, as the service counts. */
  readonly bytes: number
}

export interface SinkBuffer {
  /** Entries that wait, and their bytes. */
  readonly count: number
  readonly bytes: number
  /** Of these, those that are held up by nothing but the entries of their own kind: they make a batch full. */
  readonly pressing: number
  /** When entries that are held back may go again, by the monotonic clock, milliseconds; null: none waits for a time. */
  readonly resumesAt: number | null
  push(run: EntryRun): void
  /** Entries that the service refused: they go before all others of their kind, in their order. */
  pushFront(runs: readonly EntryRun[]): void
  /** At most `maxCount` entries, fewer where `maxBytes` would be passed, but at least one of those that may go; none: null. */
  take(maxCount: number, maxBytes: number): Batch | null
  /**
   * The batch is no longer on its way; told before its refused entries are pushed to the front. null: its request failed, and
   * nothing is known of its entries. True: what was refused says nothing about the other entries.
   */
  returned(batch: Batch, failed: readonly FailedEntry[] | null): boolean
  /** All that waits; of entries that must stay in order, the older before the younger. */
  runs(): EntryRun[]
}
