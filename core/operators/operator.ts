/**
 * What a chain is made of. Batches go in by `process`; event time and the ends of splits go in by `advance`. Both leave by the
 * output that the chain connected, and both may return a promise, which is the backpressure. The chain calls one method at a time.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { StreamSignal } from '../event-time/split-end.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'

/** What follows an operator. Calls are carried out one after the other, in the order in which they are made. */
export interface Output {
  emit(batch: RecordBatch): Promise<void> | void
  advance(signal: StreamSignal): Promise<void> | void
}

/** Does in the subtask's loop what an operator wants done by itself, such as firing a timer: never while a barrier passes. */
export interface Mailbox {
  post(mail: () => Promise<void> | void): void
}

export interface Operator {
  open(output: Output, mailbox: Mailbox): Promise<void>
  /** `splitId`: from whom the batch comes, where the operator directly follows a source. */
  process(batch: RecordBatch, splitId?: string): Promise<void> | void
  /** Passes on behind everything that was taken in before. Every operator passes on the end of a split. */
  advance(signal: StreamSignal): Promise<void> | void
  /** Everything that was taken in has been emitted when it resolves. null: no state. */
  snapshot(checkpointId: number): Promise<OperatorState | null>
  /** End of input: everything is emitted, or delivered, when it resolves. */
  finish(): Promise<void>
  close(): Promise<void>
}
