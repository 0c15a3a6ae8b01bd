/** `map`: one value for each value. */
import { functionKind } from './function-kind.ts'

export const mapKind = functionKind({
  kind: 'map',
  description: 'Turns each value into one value.',
  completesSchemas: true,
  run(batch, fn, progress) {
    const { count } = batch
    const values = new Array<unknown>(count)
    for (let i = 0; i < count; i++) {
      progress.index = i
      values[i] = fn(batch.value(i))
    }
    return batch.withValues(values, null)
  },
})
