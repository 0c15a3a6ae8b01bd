/** What a job tells about itself while it runs. */
import type { ShardlineError } from '../../foundation/errors.ts'

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
