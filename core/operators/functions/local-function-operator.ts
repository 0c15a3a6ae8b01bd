/** map, filter, flat_map, key_by and collect with functions of this process: a loop over the values, and no state. */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { FunctionOperation } from '../../graph/job-graph.ts'
import { KeyWriter } from '../../../schemas/contracts/key-codec.ts'
import { KeyColumn } from '../../foundation/record-batch/key-column.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { functionError } from './function-error.ts'
import type { StreamSignal } from '../../event-time/split-end.ts'
import type { Operator, Output } from '../operator.ts'
import { asError } from '../../foundation/errors.ts'

/** `collect` gets all values of a batch at once; the others get one value. */
export type LocalFunction = (value: never, ...rest: never[]) => unknown

export type LocalOperation = Exclude<FunctionOperation, 'process'>

export class LocalFunctionOperator implements Operator {
  readonly #operation: LocalOperation
  readonly #function: (value: unknown) => unknown
  readonly #name: string
  #output!: Output
  /** The value that a function is being called with. */
  #at = 0

  constructor(operation: LocalOperation, fn: LocalFunction, name: string) {
    this.#operation = operation
    this.#function = fn as (value: unknown) => unknown
    this.#name = name
  }

  async open(output: Output): Promise<void> {
    this.#output = output
  }

  process(batch: RecordBatch): Promise<void> | void {
    let out: RecordBatch | Promise<void> | null
    this.#at = 0
    try {
      out = this.#apply(batch)
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

  #apply(batch: RecordBatch): RecordBatch | Promise<void> | null {
    const fn = this.#function
    const n = batch.count
    switch (this.#operation) {
      case 'map': {
        const values = new Array<unknown>(n)
        for (let i = 0; i < n; i++) {
          this.#at = i
          values[i] = fn(batch.value(i))
        }
        return batch.withValues(values, null)
      }
      case 'filter': {
        const kept = new Uint32Array(n)
        let count = 0
        for (let i = 0; i < n; i++) {
          this.#at = i
          if (fn(batch.value(i))) kept[count++] = i
        }
        return count === n ? batch : batch.select(kept.subarray(0, count))
      }
      case 'flat_map': {
        const values: unknown[] = []
        const index: number[] = []
        for (let i = 0; i < n; i++) {
          this.#at = i
          for (const value of fn(batch.value(i)) as Iterable<unknown>) {
            values.push(value)
            index.push(i)
          }
        }
        return batch.withValues(values, Uint32Array.from(index))
      }
      case 'key_by':
        return batch.withKeys(this.#keys(batch))
      case 'print':
      case 'collect': {
        const taken = fn(batch.values())
        return taken instanceof Promise ? (taken as Promise<void>) : null
      }
    }
  }

  #keys(batch: RecordBatch): KeyColumn {
    const n = batch.count
    const [offset, length] = [new Uint32Array(n), new Uint32Array(n)]
    const writer = new KeyWriter()
    for (let i = 0; i < n; i++) {
      this.#at = i
      offset[i] = writer.position
      writer.write(this.#function(batch.value(i)))
      length[i] = writer.position - offset[i]!
    }
    return new KeyColumn(writer.finish(), offset, length)
  }

  #failure(error: unknown, batch: RecordBatch): Error {
    const { name, message, stack } = asError(error)
    const index = this.#operation === 'collect' || this.#operation === 'print' ? null : this.#at
    return functionError(
      { operatorName: this.#name, errorType: name, message, traceback: stack ?? null, index },
      batch,
      error,
    )
  }
}
