/** Batches for tests. */
import { RecordBatch } from '../../../core/foundation/record-batch/record-batch.ts'
import { batchOf, shardIdOf } from './fake-stream.ts'

export const textBatch = (...values: (string | null)[]): RecordBatch => RecordBatch.pack('text', values)

/** A batch as a source gives it: with positions and arrival times. */
export function sourceBatch(...values: string[]): RecordBatch {
  const records = values.map((data, i) => ({
    sequenceNumber: `4950000000000000000000000000000000000000000000000000000${i}`,
    partitionKey: `key ${i}`,
    data,
    arrivalMs: 1_769_860_800_000 + i,
  }))
  return batchOf('flights', shardIdOf(3), records)
}
