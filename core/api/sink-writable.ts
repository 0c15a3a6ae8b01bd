/**
 * A sink as a writable stream of Node, without a job. It sends values in batches and sends rejected records again. A write
 * completes when its value is in the sink's bounded buffer, so a slow service slows the producer down. The stream has finished
 * when the service has acknowledged every record. There are no checkpoints, so a crash loses the buffered records.
 */
import { Writable } from 'node:stream'

import { asShardlineError } from '../foundation/errors.ts'
import { programError } from './program-error.ts'
import { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { Sink, SinkWriter } from '../operators/sink.ts'
import type { SinkWriterMetrics } from '../metrics/sink-metrics.ts'

export interface SinkWritableOptions {
  /** The number of values that the stream buffers before it passes them to the sink together. Default: 64. */
  readonly highWaterMark?: number
}

type Callback = (error?: Error | null) => void

export class SinkWritable extends Writable {
  readonly #sink: Sink
  readonly #writer: SinkWriter
  readonly #closing = new AbortController()

  constructor(sink: Sink, { highWaterMark = 64 }: SinkWritableOptions = {}) {
    super({ objectMode: true, highWaterMark })
    this.#sink = sink
    this.#writer = sink.createWriter({
      subtask: 0,
      parallelism: 1,
      restored: [],
      fail: error => this.destroy(programError(asShardlineError(error), new Error()) as Error),
      warn,
    })
  }

  /** The counts of sent and buffered records. */
  metrics(): SinkWriterMetrics {
    return this.#writer.metrics()!
  }

  override _construct(callback: Callback): void {
    settle(this.#sink.validate({ warn, signal: this.#closing.signal }), callback)
  }

  override _write(value: unknown, _: BufferEncoding, callback: Callback): void {
    settle(this.#take([value]), callback)
  }

  override _writev(chunks: readonly { readonly chunk: unknown }[], callback: Callback): void {
    settle(this.#take(chunks.map(c => c.chunk)), callback)
  }

  override _final(callback: Callback): void {
    settle(this.#writer.finish(), callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#closing.abort(error ?? new Error('the stream was destroyed'))
    this.#writer.close()
    callback(error)
  }

  async #take(values: readonly unknown[]): Promise<void> {
    await this.#writer.write(RecordBatch.ofValues(values))
  }
}

const warn = (message: string): void => process.emitWarning(message, 'ShardlineWarning')

function settle(promise: Promise<void>, callback: Callback): void {
  promise.then(
    () => callback(),
    (error: unknown) => callback(programError(asShardlineError(error), new Error()) as Error),
  )
}
