/**
 * The codec of plain values. It is loaded when the first chain of functions opens, because its classes of dates take 20 ms
 * to load. A job without functions does not wait for them, and a job with functions loads them while the other process
 * starts.
 */
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { BridgeError } from '../../core/foundation/errors.ts'
import type { PoisonedInput } from '../../core/operators/function-runtime.ts'
import type { UnpickledValues } from './value-unpickler.ts'

interface PlainValues {
  readonly pickleValues: (typeof import('./value-pickler.ts'))['pickleValues']
  readonly unpickleValues: (typeof import('./value-unpickler.ts'))['unpickleValues']
}

let loaded: PlainValues | null = null

export async function loadPlainValues(): Promise<void> {
  if (loaded !== null) return
  const [{ pickleValues }, { unpickleValues }] = await Promise.all([
    import('./value-pickler.ts'),
    import('./value-unpickler.ts'),
  ])
  loaded = { pickleValues, unpickleValues }
}

/** Returns the payload of a bundle of JavaScript values. @throws UnpicklableValue */
export function pickled(batch: RecordBatch): Buffer {
  return codec().pickleValues(batch.values(), batch.valueType)
}

/** Returns the values of a batch that Python has no object for, such as a date of the year 10000. */
export function unpicklable(batch: RecordBatch): PoisonedInput[] {
  const { pickleValues } = codec()
  const found: PoisonedInput[] = []
  batch.values().forEach((value, i) => {
    try {
      pickleValues([value], batch.valueType)
    } catch (error) {
      found.push({ i, message: (error as Error).message })
    }
  })
  return found
}

export function unpickled(payload: Buffer): UnpickledValues {
  return codec().unpickleValues(payload)
}

function codec(): PlainValues {
  if (loaded === null)
    throw new BridgeError('ILLEGAL_STATE', 'Plain values cross before any chain of functions is open.')
  return loaded
}
