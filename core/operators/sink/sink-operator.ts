/** The end of a chain: hands batches to a sink's writer. */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { StreamSignal } from '../../event-time/split-end.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { SinkWriter } from '../sink.ts'
import type { Operator, OwnMetrics } from '../operator.ts'

export class SinkOperator implements Operator {
  readonly #createWriter: () => SinkWriter
  #writer: SinkWriter | null = null

  constructor(createWriter: () => SinkWriter) {
    this.#createWriter = createWriter
  }

  async open(): Promise<void> {
    this.#writer = this.#createWriter()
  }

  process(batch: RecordBatch): Promise<void> | void {
    return this.#writer!.write(batch)
  }

  /** The end of a split has arrived when the writer can no longer reorder the split's records with later ones. */
  advance(signal: StreamSignal): void {
    if (signal.type !== 'split-end') return
    const ordered = this.#writer!.ordered?.()
    if (ordered === undefined) signal.arrived()
    // If the records are never written the writer fails the job, and the copy never arrives.
    else
      ordered.then(
        () => signal.arrived(),
        () => undefined,
      )
  }

  snapshot(): Promise<OperatorState | null> {
    return this.#writer!.snapshot()
  }

  finish(): Promise<void> {
    return this.#writer!.finish()
  }

  async close(): Promise<void> {
    this.#writer?.close()
  }

  metrics(): OwnMetrics {
    return { sink: this.#writer?.metrics() ?? null }
  }
}
