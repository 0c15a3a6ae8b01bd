/** Partition keys from a function of the program. */
import { asError } from '../../foundation/errors.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { functionError } from '../../operators/functions/function-error.ts'
import { isNeverWritten, PartitionKeyColumnsBuilder } from './partition-key-columns.ts'
import type { PartitionKeyColumnFunction } from './partition-key-columns.ts'
import { PARTITION_KEY_RULE } from './partition-key-rules.ts'

/** What the function may return in place of a string. */
export interface PartitionKey {
  readonly partitionKey: string
  /**
   * Determines the shard in place of the partition key: 0 to 2^128 - 1, a bigint or decimal text. `null` when the partition key
   * determines the shard.
   */
  readonly explicitHashKey?: bigint | string | null
}

/**
 * `keyOf` is called with the value of each record. It is called with null only in a batch of objects, where a schema may write
 * null; if it throws for null, that record alone is rejected.
 *
 * @throws FunctionError if `keyOf` throws for any other value
 */
export function customKey(keyOf: (value: unknown) => unknown, stream: string): PartitionKeyColumnFunction {
  return batch => {
    const columns = new PartitionKeyColumnsBuilder(batch.count)
    for (let i = 0; i < batch.count; i++) {
      const value = batch.value(i)
      if (isNeverWritten(batch, i)) continue
      let given: unknown
      try {
        given = keyOf(value)
      } catch (cause) {
        if (value !== null) throw keyFunctionFailed(stream, batch, i, cause)
        columns.reject(i, `an error for null (${String(cause)})`, PARTITION_KEY_RULE)
        continue
      }
      if (typeof given === 'object' && given !== null && 'partitionKey' in given)
        columns.add(i, given.partitionKey, 'explicitHashKey' in given ? given.explicitHashKey : null)
      else columns.add(i, given, null)
    }
    return columns.finish()
  }
}

function keyFunctionFailed(stream: string, batch: RecordBatch, i: number, cause: unknown): Error {
  const { name, message, stack } = asError(cause)
  const operatorName = `Partition key of the sink to stream ${stream}`
  return functionError({ operatorName, errorType: name, message, traceback: stack ?? null, index: i }, batch, cause)
}
