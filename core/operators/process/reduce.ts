/** `reduce`: combines each value with the values before it under its key, and emits a result for each. */
import { ReducingStateDescriptor } from '../keyed-state/state.ts'
import type { AppendingState } from '../keyed-state/state.ts'
import { functionFields } from '../functions/function-kind.ts'
import type { FunctionTransformation } from '../functions/function-kind.ts'
import { processKind } from './process-kind.ts'
import type { RunnableProcessFunction } from './process-operator.ts'

export type Reduce = (a: unknown, b: unknown) => unknown

export const reduceKind = processKind<FunctionTransformation>({
  kind: 'reduce',
  description: 'Combines each value with the values before it under its key. It emits a result for each value.',
  fields: functionFields,
  identity: 'process',
  seesTime: false,
  makeFunction: reduce => reducing(reduce as Reduce),
})

/** Reduces with state by key, under the name that Flink's own operator uses. */
export function reducing(reduce: Reduce): RunnableProcessFunction {
  let state!: AppendingState<unknown, unknown>
  return {
    open: context => {
      state = context.getReducingState(new ReducingStateDescriptor('_reduce_state', reduce))
    },
    processElement: [
      value => {
        state.add(value)
        return [state.get()]
      },
    ],
  }
}
