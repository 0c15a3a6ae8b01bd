/**
 * A sink as a stream of Node, without a job: what is written to it is sent in batches, refused records are sent again. A write
 * is through when its value is in the sink's buffer, which is bounded, so a slow service holds the producer back; the stream has
 * finished when all of it was acknowledged. There are no checkpoints: what a crash finds in the buffer is lost.
 */
import { Writable } from 'node:stream'

import { asShardlineError } from '../foundation/errors.ts'
import { programError } from './program-error.ts'
import { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { Sink, SinkWriter } from '../operators/sink.ts'
import type { SinkWriterMetrics } from '../metrics/sink-metrics.ts'

export interface SinkWritableOptions {
  /** Values that wait in the stream itself, before the sink's own buffer; they go there together. Default 64. */
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

  /** What was sent, and what waits. */
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
