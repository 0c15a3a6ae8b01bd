/**
 * The defaults of Flink's builders and the limits of the service, by the type of a sink. `npm run generate` writes them into
 * `schemas/options.json`, from which the Python package takes them.
 */
import type { BatchingLimits } from './batching-limits.ts'

export interface SinkContract {
  readonly defaults: BatchingLimits
  /** The limits of a request, and of a record in it with its key. */
  readonly service: ServiceLimits
}

export interface ServiceLimits {
  readonly records: number
  readonly requestBytes: number
  readonly recordBytes: number
}

const KIB = 1024
const MIB = 1024 * KIB

const defaults = {
  failOnError: false,
  maxBatchSize: 500,
  maxInFlightRequests: 50,
  maxBufferedRequests: 10_000,
  maxTimeInBufferMs: 5000,
}

export const sinkContracts = {
  /** PutRecords. */
  'kinesis-streams': {
    defaults: { ...defaults, maxBatchSizeInBytes: 5 * MIB, maxRecordSizeInBytes: MIB },
    service: { records: 500, requestBytes: 10 * MIB, recordBytes: 10 * MIB },
  },
  /** PutRecordBatch of Firehose. */
  'kinesis-firehose': {
    defaults: { ...defaults, maxBatchSizeInBytes: 4 * MIB, maxRecordSizeInBytes: 1000 * KIB },
    service: { records: 500, requestBytes: 4 * MIB, recordBytes: 1000 * KIB },
  },
} as const satisfies Record<string, SinkContract>
