/** When a sink that sends in batches sends a batch, as data. The names are Flink's. */
import { bool, int } from '../../foundation/shape/shape.ts'
import type { InferFields } from '../../foundation/shape/shape.ts'

export const batchingLimitFields = {
  failOnError: bool,
  maxBatchSize: int(1),
  maxInFlightRequests: int(1),
  maxBufferedRequests: int(1),
  maxBatchSizeInBytes: int(1),
  maxTimeInBufferMs: int(1),
  maxRecordSizeInBytes: int(1),
}
/** When a sink that sends in batches sends a batch. */
export type BatchingLimits = InferFields<typeof batchingLimitFields>
