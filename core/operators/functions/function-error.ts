/** The one message for user code that failed: operator, what it threw, and the record with its position. */
import { FunctionError } from '../../foundation/errors.ts'
import { shownValue } from './shown-value.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'

export interface FunctionFailure {
  readonly operatorName: string
  readonly errorType: string
  readonly message: string
  readonly traceback: string | null
  /** Index of the failing value in `batch`; null: not known. */
  readonly index: number | null
  /** The value that the function got, as a message shows it. Default: that of `batch` at `index`. */
  readonly value?: string | null
}

export function functionError(failure: FunctionFailure, batch: RecordBatch | null, cause?: unknown): FunctionError {
  const { operatorName, errorType, message, traceback, index } = failure
  const position = index === null ? undefined : batch?.positions?.at(index)
  const value = failure.value ?? (index === null || batch === null ? null : shownValue(batch.value(index)))
  const where =
    position === undefined
      ? ''
      : ` on the record at stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}`
  return new FunctionError(
    'FUNCTION_FAILED',
    `Operator '${operatorName}' failed${where}${value === null ? '' : `, value ${value}`}: ${errorType}: ${message}`,
    {
      ...(cause === undefined ? {} : { cause }),
      details: {
        operator: operatorName,
        errorType,
        traceback,
        index,
        stream: position?.stream ?? null,
        shardId: position?.shardId ?? null,
        sequenceNumber: position?.sequenceNumber ?? null,
      },
      remoteStack: traceback ?? undefined,
    },
  )
}
