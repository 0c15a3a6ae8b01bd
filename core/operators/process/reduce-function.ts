/** `KeyedStream.reduce`: combines each value with what came before under its key, and gives a result for each. */
import { KeyedProcessFunction } from './process-function.ts'
import type { RuntimeContext } from './process-function.ts'
import { ReducingStateDescriptor } from '../keyed-state/state.ts'
import type { AppendingState } from '../keyed-state/state.ts'

export class ReduceFunction<K, T> extends KeyedProcessFunction<K, T, T> {
  readonly #reduce: (a: T, b: T) => T
  #state!: AppendingState<T, T>

  constructor(reduce: (a: T, b: T) => T) {
    super()
    this.#reduce = reduce
  }

  override open(context: RuntimeContext): void {
    this.#state = context.getReducingState(new ReducingStateDescriptor('_reduce_state', this.#reduce))
  }

  processElement(value: T): T[] {
    this.#state.add(value)
    return [this.#state.get()!]
  }
}
