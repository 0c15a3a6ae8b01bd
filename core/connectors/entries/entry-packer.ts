/** Makes other entries of those that a sink is given, before they reach the `AsyncSinkWriter`. */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'

export interface EntryPacker {
  write(run: EntryRun): Promise<void>
  /** Takes entries of a snapshot, which are packed already. */
  restore(run: EntryRun): void
  /** Passes all entries that it holds to the writer. */
  flush(): void
  close(): void
}
