/** An entry that can never be written, and the reason. */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import type { RecordPosition } from '../../foundation/record-batch/record-positions.ts'

export interface Rejection {
  readonly run: EntryRun
  /** Index in the columns of the run. */
  readonly i: number
  /** The name of the service's error, or an error code of the engine. */
  readonly errorCode: string
  readonly message: string
}

/** Stores rejected entries elsewhere. Resolves when all are stored. */
export type DeliverRejected = (rejections: readonly Rejection[]) => Promise<void>

/** Where the record of an entry was read, as a sentence with a space before it and as details of an error. */
export function originOf(
  run: EntryRun,
  i: number,
): { readonly sentence: string; readonly details: { readonly position?: RecordPosition } } {
  const position = run.origin?.at(i)
  if (position === undefined) return { sentence: '', details: {} }
  const { stream, shardId, sequenceNumber } = position
  return {
    sentence: ` It came from stream ${stream}, ${shardId}, sequence number ${sequenceNumber}.`,
    details: { position },
  }
}
