/** What a job tells about itself while it runs. */
import type { CheckpointStatistics } from '../checkpoint/checkpoint-coordinator.ts'
import type { ShardlineError } from '../errors.ts'
import type { SinkWriterMetrics } from '../sink/sink.ts'
import type { ShardMetrics } from '../source/source.ts'

/** Flink's names. */
export type JobState =
  'CREATED' | 'RUNNING' | 'FAILING' | 'RESTARTING' | 'CANCELLING' | 'CANCELED' | 'FINISHED' | 'FAILED'

export function isTerminal(state: JobState): boolean {
  return state === 'FINISHED' || state === 'CANCELED' || state === 'FAILED'
}

export interface JobStatus {
  readonly jobId: string
  readonly state: JobState
  /** From 0; grows with each restart. */
  readonly attempt: number
  /** Why the job is failing, restarting or failed. */
  readonly cause: ShardlineError | null
}

export interface JobMetrics {
  readonly jobId: string
  readonly operators: readonly OperatorMetrics[]
  readonly shards: readonly ShardMetrics[]
  readonly checkpoints: CheckpointStatistics
  /** Bytes. */
  readonly residentSetSize: number
}

export interface OperatorMetrics {
  readonly operatorId: string
  readonly name: string
  readonly parallelism: number
  readonly numRecordsIn: number
  readonly numRecordsOut: number
  readonly sink: SinkWriterMetrics | null
}

export interface JobResult {
  readonly jobId: string
  readonly state: 'FINISHED' | 'CANCELED'
  readonly netRuntimeMs: number
  /** The newest checkpoint that is kept; null: none. */
  readonly checkpointPath: string | null
}

export interface JobListener {
  status?(status: JobStatus): void
  /** Something that a user should read: unknown keys, the first failure of a restart. */
  warning?(message: string): void
}
