/**
 * The codec of plain values, loaded when the first chain of functions opens: dates cost 20 ms to load, which nobody should wait for
 * who runs none, and which here pass while the other process starts.
 */
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { BridgeError, messageOf } from '../../core/foundation/errors.ts'
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

/** The payload of a bundle of JavaScript values. */
export function pickled(batch: RecordBatch): Buffer {
  return codec().pickleValues(batch.values(), batch.valueType)
}

/** Values that Python has nothing for, such as a date of the year 10000. */
export function unpicklable(batch: RecordBatch): PoisonedInput[] {
  const { pickleValues } = codec()
  const found: PoisonedInput[] = []
  batch.values().forEach((value, i) => {
    try {
      pickleValues([value], batch.valueType)
    } catch (error) {
      found.push({ i, message: messageOf(error) })
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
