/** What a job counts. Names are Flink's where Flink has them; `prometheus-endpoint.ts` gives them their full names. */
import type { CheckpointStatistics } from './checkpoint-statistics.ts'
import type { SinkWriterMetrics } from './sink-metrics.ts'
import type { ShardMetrics } from './shard-metrics.ts'

export interface JobMetrics {
  readonly jobId: string
  readonly operators: readonly OperatorMetrics[]
  readonly shards: readonly ShardMetrics[]
  /** Shards that are not read although nothing is named that they wait for, or that give no answer. Anything but 0 is an alarm. */
  readonly unreadShards: number
  readonly checkpoints: CheckpointStatistics
  readonly numRestarts: number
  /** Milliseconds since the job was submitted. */
  readonly uptimeMs: number
  /** Bytes. */
  readonly residentSetSize: number
}

/** Summed over the subtasks of the current attempt. */
export interface OperatorMetrics {
  readonly operatorId: string
  readonly name: string
  readonly parallelism: number
  readonly numRecordsIn: number
  readonly numRecordsOut: number
  /** Over the last minute. */
  readonly numRecordsInPerSecond: number
  readonly numRecordsOutPerSecond: number
  /** Least over the subtasks, epoch milliseconds. `null` while there is none. */
  readonly currentOutputWatermark: number | null
  /** Records that could not be read, and did not fail the job; of sources alone. */
  readonly numRecordsInErrors: number
  /** Bundles that functions in another process or in Python have in work. */
  readonly bundlesInFlight: number
  readonly sink: SinkWriterMetrics | null
}
