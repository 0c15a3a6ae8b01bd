/** `flat_map`: any number of values for each value. */
import { functionKind } from './function-kind.ts'

export const flatMapKind = functionKind({
  kind: 'flat_map',
  description: 'Turns each value into any number of values.',
  completesSchemas: true,
  run(batch, fn, progress) {
    const values: unknown[] = []
    const index: number[] = []
    for (let i = 0; i < batch.count; i++) {
      progress.index = i
      for (const value of fn(batch.value(i)) as Iterable<unknown>) {
        values.push(value)
        index.push(i)
      }
    }
    return batch.withValues(values, Uint32Array.from(index))
  },
})
