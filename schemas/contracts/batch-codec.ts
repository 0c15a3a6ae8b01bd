/** Reads and writes whole batches. */
import type { ShardlineError } from '../../core/foundation/errors.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'

export interface Deserializer {
  /** Once, before the first batch. @throws ConfigurationError, GraphError */
  open(): Promise<void>
  /** At once wherever nothing must be waited for. Rejects for what is no record's fault. */
  read(batch: RecordBatch): ReadBatch | Promise<ReadBatch>
  close(): void
}

export interface ReadBatch {
  readonly batch: RecordBatch
  /** Ascending; they are not in the batch. */
  readonly poisoned: readonly PoisonedRecord[]
}

/** A record that the schema cannot read. */
export interface PoisonedRecord {
  /** In the batch that was given. */
  readonly i: number
  readonly error: ShardlineError
}

export interface Serializer {
  /** Once, before the first batch. @throws ConfigurationError, GraphError */
  open(): Promise<void>
  /** At once wherever nothing must be waited for. Rejects for what is no value's fault. */
  write(batch: RecordBatch): WrittenBatch | Promise<WrittenBatch>
  close(): void
}

export interface WrittenBatch {
  /** Payload `text` or `bytes`: its slab columns are what is sent. */
  readonly batch: RecordBatch
  /** Values that the schema cannot write, by index, each with the reason; their bytes are for people. null: none. */
  readonly rejected: ReadonlyMap<number, string> | null
}
