/** Counts of the checkpoints of a job. */
export interface CheckpointStatistics {
  readonly completed: number
  readonly failed: number
  readonly lastCheckpointId: number | null
  readonly lastPath: string | null
  readonly lastDurationMs: number | null
}

export const NO_CHECKPOINTS: CheckpointStatistics = {
  completed: 0,
  failed: 0,
  lastCheckpointId: null,
  lastPath: null,
  lastDurationMs: null,
}
