/** The interface of a sink, which has one writer for each subtask. */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { StartContext } from '../aws/service/stream-readiness.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { SinkWriterMetrics } from '../metrics/sink-metrics.ts'

export interface Sink {
  createWriter(context: SinkWriterContext): SinkWriter
  /** Checks that the destination can be written to. Called once, before the first attempt. */
  validate(context?: StartContext): Promise<void>
}

export interface SinkWriterContext {
  readonly subtask: number
  readonly parallelism: number
  /** The part of the restored state that belongs to this subtask. */
  readonly restored: readonly OperatorState[]
  fail(error: unknown): void
  /** Logs a warning for the user. */
  warn?(message: string): void
}

export interface SinkWriter {
  write(batch: RecordBatch): Promise<void> | void
  /** Waits for the requests in flight and returns the undelivered records. `null` when there are none. */
  snapshot(): Promise<OperatorState | null>
  /**
   * Resolves when no record that any writer receives later can be delivered before a record that was written earlier. Writers
   * without a guarantee of order do not have this method.
   */
  ordered?(): Promise<void>
  /** The input has ended. Resolves when every record is delivered. */
  finish(): Promise<void>
  metrics(): SinkWriterMetrics | null
  close(): void
}
