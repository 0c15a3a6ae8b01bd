/** The status of a job, its result, and the listener that receives status changes and warnings. */
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
  /** From 0. It grows with each restart. */
  readonly attempt: number
  /** Why the job is failing, restarting or failed. */
  readonly cause: ShardlineError | null
}

export interface JobResult {
  readonly jobId: string
  readonly state: 'FINISHED' | 'CANCELED'
  readonly netRuntimeMs: number
  /** The newest checkpoint that is kept. `null` when there is none. */
  readonly checkpointPath: string | null
}

export interface JobListener {
  status?(status: JobStatus): void
  /** Receives warnings for the user, such as unknown keys and failures before a restart. */
  warning?(message: string): void
}
