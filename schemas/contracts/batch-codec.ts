/** What reads and writes whole batches. */
import type { ShardlineError } from '../../core/foundation/errors.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'

export interface Deserializer {
  /** Called once, before the first batch. @throws ConfigurationError, GraphError */
  open(): Promise<void>
  /** Returns a promise only when it must wait. Rejects for an error that no single record caused. */
  read(batch: RecordBatch): ReadBatch | Promise<ReadBatch>
  close(): void
}

export interface ReadBatch {
  readonly batch: RecordBatch
  /** Records that the batch omits, in ascending order. */
  readonly poisoned: readonly PoisonedRecord[]
}

/** A record that the schema cannot read. */
export interface PoisonedRecord {
  /** Index in the batch that was passed to `read`. */
  readonly i: number
  readonly error: ShardlineError
}

export interface Serializer {
  /** Called once, before the first batch. @throws ConfigurationError, GraphError */
  open(): Promise<void>
  /** Returns a promise only when it must wait. Rejects for an error that no single value caused. */
  write(batch: RecordBatch): WrittenBatch | Promise<WrittenBatch>
  close(): void
}

export interface WrittenBatch {
  /** Its payload is `text` or `bytes`. The sink sends the columns of its slab. */
  readonly batch: RecordBatch
  /** Index and reason of each value that the schema cannot write. Its bytes are readable text. `null` when there is none. */
  readonly rejected: ReadonlyMap<number, string> | null
}
