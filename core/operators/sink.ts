/** What the job asks of any sink: one writer a subtask. */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { StartContext } from '../aws/service/stream-readiness.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { SinkWriterMetrics } from '../metrics/sink-metrics.ts'

export interface Sink {
  createWriter(context: SinkWriterContext): SinkWriter
  /** Fails early where the destination cannot be written to. Called once before the first attempt. */
  validate(context?: StartContext): Promise<void>
}

export interface SinkWriterContext {
  readonly subtask: number
  readonly parallelism: number
  /** The writer's state in the checkpoint that is restored, this subtask's share of it. */
  readonly restored: readonly OperatorState[]
  fail(error: unknown): void
  /** Something that a user should read. */
  warn?(message: string): void
}

export interface SinkWriter {
  write(batch: RecordBatch): Promise<void> | void
  /** What is not yet delivered; waits for what is in flight. null: no state. */
  snapshot(): Promise<OperatorState | null>
  /**
   * Resolves when nothing that is written from now on, by any writer, can be delivered before something that was written until
   * now. Left out by writers that promise no order.
   */
  ordered?(): Promise<void>
  /** End of input: everything is delivered when it resolves. */
  finish(): Promise<void>
  metrics(): SinkWriterMetrics | null
  close(): void
}
