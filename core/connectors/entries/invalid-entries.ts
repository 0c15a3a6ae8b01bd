/** Finds the entries of a batch that can never be written, before they are sent. */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import { RecordError } from '../../foundation/errors.ts'
import type { ErrorCode } from '../../foundation/errors.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { entrySize } from '../async-sink/entry-runs.ts'
import { originOf } from '../async-sink/rejection.ts'
import type { Rejection } from '../async-sink/rejection.ts'

export interface EntryChecks {
  /** By index: why the schema could not write the value. `null` when it wrote all values. */
  readonly invalidValues: ReadonlyMap<number, string> | null
  /** By index: why the record has no valid partition key. `null` when all keys are valid. */
  readonly invalidKeys: ReadonlyMap<number, string> | null
  readonly maxRecordSizeInBytes: number
}

/** In ascending order. `null` when the sink can write all entries, as far as it can tell. */
export function invalidEntries(batch: RecordBatch, run: EntryRun, checks: EntryChecks): readonly Rejection[] | null {
  const { invalidValues, invalidKeys, maxRecordSizeInBytes } = checks
  const onlySizes = batch.nulls === null && invalidValues === null && invalidKeys === null
  let rejections: Rejection[] | null = null
  for (let i = 0; i < run.to; i++) {
    if (onlySizes && entrySize(run, i) <= maxRecordSizeInBytes) continue
    const rejection = rejectionOf(batch, run, i, checks)
    if (rejection !== null) (rejections ??= []).push(rejection)
  }
  return rejections
}

function rejectionOf(
  batch: RecordBatch,
  run: EntryRun,
  i: number,
  { invalidValues, invalidKeys, maxRecordSizeInBytes }: EntryChecks,
): Rejection | null {
  const rejection = (errorCode: ErrorCode, message: string): Rejection => ({ run, i, errorCode, message })
  const invalidValue = invalidValues?.get(i)
  if (invalidValue !== undefined)
    return rejection('VALUE_INVALID', `the value does not match the schema: ${invalidValue}`)
  if (batch.nulls !== null && batch.isNull(i)) return rejection('VALIDATION_FAILED', 'null cannot be written')
  const invalidKey = invalidKeys?.get(i)
  if (invalidKey !== undefined) return rejection('VALIDATION_FAILED', invalidKey)
  const bytes = entrySize(run, i)
  if (bytes <= maxRecordSizeInBytes) return null
  return rejection(
    'RECORD_TOO_LARGE',
    `a record of ${bytes} bytes with its key is over maxRecordSizeInBytes (${maxRecordSizeInBytes})`,
  )
}

/** The error of a sink without a dead letter handler. */
export function invalidEntryError(sinkName: string, stream: string, rejection: Rejection): RecordError {
  const { run, i, errorCode, message } = rejection
  const origin = originOf(run, i)
  const raise = errorCode === 'RECORD_TOO_LARGE' ? ' If the stream takes larger records, raise the limit.' : ''
  return new RecordError(
    errorCode as ErrorCode,
    `${sinkName}: ${message.replace(/\.$/, '')}.${origin.sentence}${raise} A dead letter handler would take the record, and the job would go on.`,
    { details: { stream, ...origin.details } },
  )
}
