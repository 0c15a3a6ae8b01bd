/**
 * The parts of a chain. Batches go in by `process`; watermarks and the ends of splits go in by `advance`. Both leave by the
 * output that the chain connected, and both may return a promise, which is the backpressure. The chain calls one method at a time.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { StreamSignal } from '../event-time/split-end.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { SinkWriterMetrics } from '../metrics/sink-metrics.ts'

/** What follows an operator. Calls are carried out one after the other, in the order in which they are made. */
export interface Output {
  /** `tag`: the side output that the records go to. Without a tag they go to the main output. */
  emit(batch: RecordBatch, tag?: string): Promise<void> | void
  advance(signal: StreamSignal): Promise<void> | void
}

/** Runs an action of an operator in the loop of its subtask, such as firing a timer. It never runs while a barrier passes. */
export interface Mailbox {
  post(mail: () => Promise<void> | void): void
}

export interface Operator {
  open(output: Output, mailbox: Mailbox): Promise<void>
  /**
   * `input`: which of the operator's inputs the batch comes from; 0 unless the operator has two. `splitId`: the split that the
   * batch comes from, where the operator directly follows a source.
   */
  process(batch: RecordBatch, input: number, splitId?: string): Promise<void> | void
  /**
   * Passes the signal on behind everything that was taken in before. Every operator passes on the end of a split. A watermark is
   * the least over all inputs.
   */
  advance(signal: StreamSignal): Promise<void> | void
  /** Resolves when everything that was taken in has been emitted. `null` when the operator has no state. */
  snapshot(checkpointId: number): Promise<OperatorState | null>
  /** End of input. Resolves when everything has been emitted or delivered. */
  finish(): Promise<void>
  close(): Promise<void>
  metrics?(): OwnMetrics
}

/** What an operator counts itself, beside the records that go in and out. */
export interface OwnMetrics {
  readonly numRecordsInErrors?: number
  readonly bundlesInFlight?: number
  readonly sink?: SinkWriterMetrics | null
}
