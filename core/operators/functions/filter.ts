/** `filter`: the values for which a function is true. */
import { functionKind } from './function-kind.ts'

export const filterKind = functionKind({
  kind: 'filter',
  description: 'Keeps the values for which the function returns something true.',
  run(batch, fn, progress) {
    const { count } = batch
    const kept = new Uint32Array(count)
    let keptCount = 0
    for (let i = 0; i < count; i++) {
      progress.index = i
      if (fn(batch.value(i))) kept[keptCount++] = i
    }
    return keptCount === count ? batch : batch.select(kept.subarray(0, keptCount))
  },
})
