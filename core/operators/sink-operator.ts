/** The end of a chain: hands batches to a sink's writer. */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { SinkWriter, SinkWriterMetrics } from '../sink/sink.ts'
import type { Operator } from './operator.ts'

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

  advance(): void {}

  snapshot(): Promise<OperatorState | null> {
    return this.#writer!.snapshot()
  }

  finish(): Promise<void> {
    return this.#writer!.finish()
  }

  async close(): Promise<void> {
    this.#writer?.close()
  }

  metrics(): SinkWriterMetrics | null {
    return this.#writer?.metrics() ?? null
  }
}
