/** Gives records that cannot be written to the dead letters. A failure names the records that would have been lost. */
import { messageOf, ShardlineError } from '../../foundation/errors.ts'
import type { Rejection } from '../async-sink/rejection.ts'
import { deadLetterOfRejection } from './dead-letter.ts'
import type { DeadLetterDestination } from './dead-letter-destination.ts'

/** Resolves when the dead letters are stored. @throws ShardlineError DEAD_LETTERS_FAILED, or FUNCTION_FAILED of the program */
export async function deliverToDeadLetters(
  destination: DeadLetterDestination,
  stream: string,
  rejections: readonly Rejection[],
): Promise<void> {
  try {
    await destination.put(rejections.map(r => deadLetterOfRejection(stream, r)))
  } catch (cause) {
    if (cause instanceof ShardlineError && cause.code === 'FUNCTION_FAILED') throw cause
    const [{ message }] = rejections as [Rejection]
    throw new ShardlineError(
      'DEAD_LETTERS_FAILED',
      `${rejections.length} records for stream ${stream} cannot be written, and they could not be stored as dead letters: ${messageOf(cause).replace(/\.?$/, '.')} The first of them: ${message}`,
      { cause, details: { stream } },
    )
  }
}
