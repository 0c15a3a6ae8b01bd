/** The entries that wait to be sent. Each buffer decides which of them may be sent, and in which order. */
import type { EntryRun, FailedEntry } from '../../aws/kinesis/put-records-codec.ts'

/** The entries of one request. */
export interface Batch {
  readonly runs: readonly EntryRun[]
  readonly count: number
  /** Data and partition keys, as the service counts. */
  readonly bytes: number
}

export interface SinkBuffer {
  /** The entries that wait, and their bytes. */
  readonly count: number
  readonly bytes: number
  /** How many entries may be sent as soon as there is a full batch of them. The others are held back by the buffer. */
  readonly pressing: number
  /** When entries that are held back may be sent, milliseconds of the monotonic clock. `null` when none waits for a time. */
  readonly resumesAt: number | null
  push(run: EntryRun): void
  /** Takes back entries that the service refused. They are sent before other entries, in their order. */
  pushFront(runs: readonly EntryRun[]): void
  /** At most `maxCount` entries of at most `maxBytes`, but at least one. `null` when no entry may be sent. */
  take(maxCount: number, maxBytes: number): Batch | null
  /**
   * The request of the batch has ended. Called before its refused entries are pushed to the front. `failed` is `null` when the request
   * failed and the outcome of its entries is unknown. Returns true if the refusals do not concern other entries, so that the writer
   * need not slow down.
   */
  returned(batch: Batch, failed: readonly FailedEntry[] | null): boolean
  /** All entries that wait. Older entries of a key come before younger ones. */
  runs(): EntryRun[]
}
