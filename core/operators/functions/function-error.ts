/** The error of a failed function of the program. Its message names the operator, the exception, and the record with its position. */
import { FunctionError } from '../../foundation/errors.ts'
import { shownValue } from './shown-value.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'

export interface FunctionFailure {
  readonly operatorName: string
  readonly errorType: string
  readonly message: string
  readonly traceback: string | null
  /** The index of the failing value in `batch`. `null` when it is unknown. */
  readonly index: number | null
  /** The text of the value that the function received. The default is the value at `index` of `batch`. */
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
