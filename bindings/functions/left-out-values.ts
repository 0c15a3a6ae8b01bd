/** Bundles of which some values are left out, because Python has no object for them. */
import type { PoisonedInput } from '../../core/operators/function-runtime.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'

/** Returns the bundle without the values that are left out. */
export function without(bundle: RecordBatch, left: readonly PoisonedInput[]): RecordBatch {
  return bundle.select(indicesWithout(bundle.count, left))
}

function indicesWithout(count: number, left: readonly PoisonedInput[]): Uint32Array {
  const gone = new Set(left.map(input => input.i))
  return Uint32Array.from(Array.from({ length: count }, (_, i) => i).filter(i => !gone.has(i)))
}

/**
 * Returns all inputs of a bundle that are not in its result: those that were left out, and those that the host names.
 *
 * @param count Number of values of the bundle.
 * @param poisoned What the host names. Its indices count only the values that were sent.
 */
export function merged(
  count: number,
  left: readonly PoisonedInput[],
  poisoned: readonly PoisonedInput[],
): PoisonedInput[] {
  const sent = indicesWithout(count, left)
  return [...left, ...poisoned.map(({ i, message }) => ({ i: sent[i]!, message }))].sort((a, b) => a.i - b.i)
}
