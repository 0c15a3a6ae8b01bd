/** What the job asks of any sink: one writer a subtask. */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { Trouble } from '../persistent-failure.ts'
import type { StartContext } from '../kinesis/stream-readiness.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'

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

export interface SinkWriterMetrics {
  /** Records that the service acknowledged, each once: those of an aggregate one by one. */
  readonly records: number
  /** Their data and keys. */
  readonly bytes: number
  /** Records that were sent again. */
  readonly retries: number
  /** Entries that were refused, or were in a request that failed, each time. */
  readonly errors: number
  /** The same by the service's name for it, or ours where there was no answer. */
  readonly errorsByCode: Readonly<Record<string, number>>
  /** Records that could never be written and were given to the dead letters. */
  readonly deadLetters: number
  readonly inFlightRequests: number
  readonly bufferedEntries: number
  readonly currentSendTimeMs: number
  /** What every request fails of now; `null` while requests succeed. */
  readonly trouble: Trouble | null
}
