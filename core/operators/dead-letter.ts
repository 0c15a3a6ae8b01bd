/** A record that cannot be read or can never be written, as a dead letter handler gets it. */
import type { RecordPosition } from '../foundation/record-batch/record-positions.ts'

export interface DeadLetter {
  /** Of a record that cannot be written: the stream, or delivery stream, of the sink. Of one that cannot be read: its own. */
  readonly stream: string
  /** `RECORD_TOO_LARGE`, `VALIDATION_FAILED`, `VALUE_INVALID`, `RECORD_MALFORMED`, or the name of the service's error. */
  readonly code: string
  readonly message: string
  /** `null` when the record has no key, or when the key could not be determined. */
  readonly partitionKey: string | null
  /** Decimal. */
  readonly explicitHashKey: string | null
  /** Empty when the value was null. */
  readonly data: Buffer
  /** Where the record was read. `null` when that is not known, as after a restore. */
  readonly position: RecordPosition | null
}

/**
 * The handler must have stored the records when it returns, or when the promise that it returns resolves. Otherwise they are
 * lost.
 */
export type DeadLetterFunction = (letters: readonly DeadLetter[]) => Promise<void> | void
