/**
 * What a chain is made of. Batches go in by `process` and leave by the output that the chain connected; both may return a
 * promise, which is the backpressure. The chain calls one method at a time.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'

export type Emit = (batch: RecordBatch) => Promise<void> | void

export interface Operator {
  open(emit: Emit): Promise<void>
  process(batch: RecordBatch): Promise<void> | void
  /** Everything that was taken in has been emitted when it resolves. null: no state. */
  snapshot(checkpointId: number): Promise<OperatorState | null>
  /** End of input: everything is emitted, or delivered, when it resolves. */
  finish(): Promise<void>
  close(): Promise<void>
}
