/** The errors of calls to functions: from the FAILED frames of a host, and for values that Python has no object for. */
import { BridgeError, CheckpointError } from '../../core/foundation/errors.ts'
import { functionError } from '../../core/operators/functions/function-error.ts'
import type { OpenFunction } from '../../core/operators/function-runtime.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import type { Frame } from './frame.ts'

/**
 * The error type with which a host refuses a state whose type differs from the checkpoint's. Restarting the job cannot
 * help.
 */
const STATE_MIGRATION = 'StateMigrationException'

interface FailedBody {
  readonly errorType: string
  readonly message: string
  readonly traceback: string | null
  readonly operatorName: string | null
  readonly index: number | null
  /** The value that the function got, as a message shows it. */
  readonly value?: string | null
}

/**
 * Returns the error that a FAILED frame stands for.
 *
 * @param bundle The bundle that failed. `null` when the call had none.
 */
export function failureOf(frame: Frame, request: OpenFunction, bundle: RecordBatch | null): Error {
  let body: FailedBody
  try {
    body = JSON.parse(frame.body.toString('utf8')) as FailedBody
  } catch (cause) {
    return new BridgeError('PROTOCOL_VIOLATED', 'A FAILED frame on the function channel does not hold JSON.', {
      cause,
    })
  }
  const { errorType, message, traceback, operatorName, index, value = null } = body
  if (errorType === STATE_MIGRATION) return unrestorable(request, message)
  const known = index !== null && bundle !== null && index >= 0 && index < bundle.count
  return functionError(
    {
      operatorName: operatorName ?? request.taskName,
      errorType,
      message,
      traceback,
      index: known ? index : null,
      value,
    },
    bundle,
  )
}

/** Returns whether an error is the UnpicklableValue of a bundle. The class itself is loaded later than this file. */
export function isUnpicklable(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnpicklableValue'
}

/** Returns the error of the record whose value Python has no object for. Any other error is returned as it is. */
export function uncarried(error: unknown, { operators, taskName }: OpenFunction, bundle: RecordBatch | null): unknown {
  if (!isUnpicklable(error)) return error
  const { index, message } = error as Error & { readonly index: number }
  const operatorName = operators[0]?.name ?? taskName
  return functionError({ operatorName, errorType: 'RangeError', message, traceback: null, index }, bundle, error)
}

function unrestorable({ operators, taskName }: OpenFunction, message: string): CheckpointError {
  const [first] = operators
  const name = `'${first?.name ?? taskName}'${first?.uid == null ? '' : ` (uid ${first.uid})`}`
  return new CheckpointError('CHECKPOINT_UNREADABLE', `The state of ${name} cannot be restored: ${message}`)
}
