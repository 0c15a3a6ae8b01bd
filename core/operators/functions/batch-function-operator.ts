/** Applies a function of this process to each batch. It has no state. */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { StreamSignal } from '../../event-time/split-end.ts'
import { asError } from '../../foundation/errors.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { LocalFunction } from '../job-facilities.ts'
import type { Operator, Output } from '../operator.ts'
import { functionError } from './function-error.ts'

/** The index of the value that the function gets, so that a failure can name the value. */
export interface Progress {
  index: number
}

/** Returns the batch to emit, or nothing, at once or later. It sets `progress.index` before each call of `fn`. */
export type BatchFunction = (
  batch: RecordBatch,
  fn: (value: unknown) => unknown,
  progress: Progress,
) => RecordBatch | Promise<void> | null

export class BatchFunctionOperator implements Operator {
  readonly #run: BatchFunction
  readonly #function: (value: unknown) => unknown
  readonly #name: string
  readonly #oneByOne: boolean
  readonly #progress: Progress = { index: 0 }
  #output!: Output

  /** `oneByOne`: the function gets a value at a time. */
  constructor(run: BatchFunction, fn: LocalFunction, name: string, oneByOne: boolean) {
    this.#run = run
    this.#function = fn as (value: unknown) => unknown
    this.#name = name
    this.#oneByOne = oneByOne
  }

  async open(output: Output): Promise<void> {
    this.#output = output
  }

  process(batch: RecordBatch): Promise<void> | void {
    let out: RecordBatch | Promise<void> | null
    this.#progress.index = 0
    try {
      out = this.#run(batch, this.#function, this.#progress)
    } catch (error) {
      throw this.#failure(error, batch)
    }
    if (out === null) return undefined
    if (out instanceof Promise)
      return out.catch((error: unknown) => {
        throw this.#failure(error, batch)
      })
    return out.count === 0 ? undefined : this.#output.emit(out)
  }

  advance(signal: StreamSignal): Promise<void> | void {
    return this.#output.advance(signal)
  }

  async snapshot(): Promise<OperatorState | null> {
    return null
  }

  async finish(): Promise<void> {}

  async close(): Promise<void> {}

  #failure(error: unknown, batch: RecordBatch): Error {
    const { name, message, stack } = asError(error)
    const index = this.#oneByOne ? this.#progress.index : null
    return functionError(
      { operatorName: this.#name, errorType: name, message, traceback: stack ?? null, index },
      batch,
      error,
    )
  }
}
