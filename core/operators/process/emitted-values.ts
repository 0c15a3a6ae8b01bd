/** The values that a process function has emitted and that have not left yet: for its main output, and for each side output. */
import { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { Output } from '../operator.ts'

class Values {
  readonly values: unknown[] = []
  /** For each value: the index of its record, or the time of its timer. */
  readonly origins: number[] = []
}

export class EmittedValues {
  /** The index of the record that is processed, or the time of the timer that fires. */
  origin = 0
  #main = new Values()
  #sides = new Map<string, Values>()

  /** Values of the main output. */
  get count(): number {
    return this.#main.values.length
  }

  add(value: unknown): void {
    this.#main.values.push(value)
    this.#main.origins.push(this.origin)
  }

  addTo(tag: string, value: unknown): void {
    let side = this.#sides.get(tag)
    if (side === undefined) this.#sides.set(tag, (side = new Values()))
    side.values.push(value)
    side.origins.push(this.origin)
  }

  /** Emits values of records of `batch`. They keep the timestamps and positions of their records. */
  emitFrom(batch: RecordBatch, output: Output): Promise<void> | void {
    return this.#emit(output, ({ values, origins }) => batch.withValues(values, Uint32Array.from(origins)))
  }

  /** Emits values of timers. */
  emitTimed(output: Output): Promise<void> | void {
    return this.#emit(output, ({ values, origins }) =>
      RecordBatch.ofValues(values, { timestamp: Float64Array.from(origins) }),
    )
  }

  #emit(output: Output, batchOf: (values: Values) => RecordBatch): Promise<void> | void {
    const main = this.#main.values.length === 0 ? null : batchOf(this.#main)
    if (main !== null) this.#main = new Values()
    if (this.#sides.size === 0) return main === null ? undefined : output.emit(main)
    return this.#emitAll(output, main, batchOf)
  }

  async #emitAll(output: Output, main: RecordBatch | null, batchOf: (values: Values) => RecordBatch): Promise<void> {
    const sides = [...this.#sides].map(([tag, values]) => [tag, batchOf(values)] as const)
    this.#sides = new Map()
    if (main !== null) await output.emit(main)
    for (const [tag, batch] of sides) await output.emit(batch, tag)
  }
}
