/**
 * Gives records their event time and the stream its watermarks. Watermarks of its input stop here, except the last one, which
 * ends the input.
 */
import { asError } from '../../foundation/errors.ts'
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { maxTimestamp } from '../../event-time/split-watermarks.ts'
import { MAX_WATERMARK, NO_TIMESTAMP } from '../../event-time/time-element.ts'
import type { StreamSignal } from '../../event-time/split-end.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { functionError } from '../functions/function-error.ts'
import type { Mailbox, Operator, Output } from '../operator.ts'
import type { PeriodicWatermarks } from './periodic-watermarks.ts'

/** Epoch milliseconds of a value. `recordTimestampMs`: what it had before, -Infinity if nothing. */
export type TimestampAssigner = (value: never, recordTimestampMs: number) => number

export class WatermarksOperator implements Operator {
  readonly #assigner: ((value: unknown, recordTimestampMs: number) => number) | null
  readonly #watermarks: PeriodicWatermarks
  readonly #name: string
  #output!: Output

  /** Without an assigner records keep the time that they have. */
  constructor(assigner: TimestampAssigner | null, watermarks: PeriodicWatermarks, name: string) {
    this.#assigner = assigner as (value: unknown, recordTimestampMs: number) => number
    this.#watermarks = watermarks
    this.#name = name
  }

  async open(output: Output, mailbox: Mailbox): Promise<void> {
    this.#output = output
    this.#watermarks.start(output, mailbox)
  }

  process(batch: RecordBatch, _input?: number, splitId?: string): Promise<void> | void {
    const timed = this.#assigner === null ? batch : this.#assign(batch, this.#assigner)
    this.#watermarks.onRecords(splitId, maxTimestamp(timed.timestamp))
    return this.#output.emit(timed)
  }

  advance(signal: StreamSignal): Promise<void> | void {
    if (signal.type === 'split-end') return this.#output.advance(signal)
    if (signal.type !== 'watermark' || signal.timestampMs !== MAX_WATERMARK) return undefined
    this.#watermarks.stop()
    return this.#output.advance(signal)
  }

  async snapshot(): Promise<OperatorState | null> {
    return null
  }

  async finish(): Promise<void> {
    this.#watermarks.stop()
  }

  async close(): Promise<void> {
    this.#watermarks.stop()
  }

  #assign(batch: RecordBatch, assigner: (value: unknown, recordTimestampMs: number) => number): RecordBatch {
    const timestamps = new Float64Array(batch.count)
    for (let i = 0; i < batch.count; i++) {
      try {
        const assigned: unknown = assigner(batch.value(i), batch.timestamp?.[i] ?? NO_TIMESTAMP)
        if (typeof assigned !== 'number' || Number.isNaN(assigned))
          throw new TypeError(`a timestamp assigner returns epoch milliseconds, not ${String(assigned)}`)
        timestamps[i] = assigned
      } catch (error) {
        const { name, message, stack } = asError(error)
        throw functionError(
          { operatorName: this.#name, errorType: name, message, traceback: stack ?? null, index: i },
          batch,
          error,
        )
      }
    }
    return batch.withTimestamps(timestamps)
  }
}
