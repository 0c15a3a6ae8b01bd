/** Decides what happens to records that a schema, or a function that completes a schema, cannot read. */
import type { PoisonedRecord } from '../../schemas/contracts/batch-codec.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'

export interface PoisonedRecordHandler {
  /** Records that were left out or given to the dead letters. */
  readonly count: number
  /** Resolves when every record has been handled. @throws ShardlineError if the records fail the job */
  settle(batch: RecordBatch, poisoned: readonly PoisonedRecord[]): Promise<void>
  close(): void
}
