/**
 * A checkpoint: the state of every operator of a job at one barrier. On disk:
 *
 *   <directory>/<job>/chk-<N>/_metadata              JSON, this shape, written last: where it exists the checkpoint is complete
 *   <directory>/<job>/chk-<N>/<operatorId>-<i>.bin   the bytes of operator state that has any; named in the metadata
 *   <directory>/savepoint-<job>-<random>/            the same, made when somebody asks for it, and removed by nobody
 *
 * Restoring a job whose functions are Python's runs the pickles that its state holds: treat a checkpoint as you treat code.
 */
import type { OperatorState } from './operator-state.ts'

export const CHECKPOINT_FORMAT = 'shardline-checkpoint'
export const CHECKPOINT_VERSION = 1

export interface Checkpoint {
  readonly checkpointId: number
  readonly jobName: string
  readonly jobId: string
  /** Epoch milliseconds at which it was triggered. */
  readonly timestampMs: number
  readonly operators: readonly OperatorCheckpoint[]
}

export interface OperatorCheckpoint {
  /** The operator's uid, or the generated id. */
  readonly operatorId: string
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly enumerator: OperatorState | null
  /** By subtask; null: none. */
  readonly subtasks: readonly (OperatorState | null)[]
}

/** Where a checkpoint lies, as a user would pass it to `--restore`. */
export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint
  readonly path: string
}

export interface CheckpointStorage {
  /** For messages. */
  readonly location: string
  store(checkpoint: Checkpoint): Promise<string>
  /** Stores what nobody removes, in a folder of its own below `directory`; null: beside the checkpoints. */
  storeSavepoint(checkpoint: Checkpoint, directory: string | null): Promise<string>
  /** @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_UNREADABLE */
  load(pathOrLatest: string): Promise<StoredCheckpoint>
  /** The highest number in use for this job; 0: none. */
  lastCheckpointId(): Promise<number>
  remove(checkpointId: number): Promise<void>
}
