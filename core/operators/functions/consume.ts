/** `print` and `collect`: a function takes all values of a batch at once, and the stream ends there. */
import { functionKind } from './function-kind.ts'
import type { BatchFunction } from './batch-function-operator.ts'

const consume: BatchFunction = (batch, fn) => {
  const consumed = fn(batch.values())
  return consumed instanceof Promise ? (consumed as Promise<void>) : null
}

export const printKind = functionKind({
  kind: 'print',
  description: 'Prints the values in the driver. It ends a chain.',
  run: consume,
  oneByOne: false,
})

export const collectKind = functionKind({
  kind: 'collect',
  description: 'Hands the values to the program that runs the job. It ends a chain.',
  run: consume,
  oneByOne: false,
})
