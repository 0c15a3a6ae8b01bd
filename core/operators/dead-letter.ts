/** A record that cannot be read or can never be written, as a dead letter handler gets it. */
import type { RecordPosition } from '../foundation/record-batch/record-positions.ts'

export interface DeadLetter {
  /** The stream or delivery stream that the record was meant for. For a record that cannot be read: the stream that it came from. */
  readonly stream: string
  /** `RECORD_TOO_LARGE`, `VALIDATION_FAILED`, `RECORD_MALFORMED`, or the service's own error code. */
  readonly code: string
  readonly message: string
  /** `null` when the record has no key, or its key is not known. */
  readonly partitionKey: string | null
  /** Decimal. */
  readonly explicitHashKey: string | null
  /** Empty when the record has no data. */
  readonly data: Buffer
  /** Where the record came from. `null` when that is not known, as after a restore. */
  readonly position: RecordPosition | null
}

/**
 * The handler must have stored the records when it returns, or when the promise that it returns resolves. Otherwise they are
 * lost.
 */
export type DeadLetterFunction = (letters: readonly DeadLetter[]) => Promise<void> | void
