/** Functions for the engine to load: records `{"key", "n"}` are counted by key, and what the state then says is written. */
import { KeyedProcessFunction, ValueStateDescriptor } from '../../core/index.ts'
import type { RuntimeContext, ValueState } from '../../core/index.ts'

interface Numbered {
  readonly key: string
  readonly n: number
}

export const keyOf = (line: string): string => (JSON.parse(line) as Numbered).key

export class Counting extends KeyedProcessFunction<string, string, string> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }

  *processElement(line: string): Iterable<string> {
    const { key, n } = JSON.parse(line) as Numbered
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    yield JSON.stringify({ key, n, count })
  }
}
