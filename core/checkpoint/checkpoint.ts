/**
 * A checkpoint: the state of every operator of a job at one barrier. On disk:
 *
 *   <directory>/<job>/chk-<N>/_metadata              JSON, this shape, written last: where it exists the checkpoint is complete
 *   <directory>/<job>/chk-<N>/<operatorId>-<i>.bin   the bytes of operator state that has any; named in the metadata
 *   <directory>/<job>/_lease-<N>                     which run writes here (`checkpoint-lease.ts`)
 *   <directory>/savepoint-<job>-<random>/            the same as chk-<N>, made on request; Shardline never removes it
 *
 * `_metadata` ends with a seal (`checkpoint-seal.ts`) since version 2. Files have the mode 0600, folders 0700.
 * Restoring a job whose functions are Python's runs the pickles that its state holds: treat a checkpoint as you treat code.
 */
import type { FoundLease, LeaseStore } from './lease-store.ts'
import type { OperatorState } from './operator-state.ts'

export const CHECKPOINT_FORMAT = 'shardline-checkpoint'
export const CHECKPOINT_VERSION = 2

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
  /** By subtask. `null` when a subtask has no state. */
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
  /**
   * Awaits `beforeComplete` when everything but `_metadata` is written. Where it rejects, or anything else fails, nothing of the
   * checkpoint is left. @throws CheckpointError CHECKPOINT_FAILED, or what `beforeComplete` throws
   */
  store(checkpoint: Checkpoint, beforeComplete?: BeforeComplete): Promise<string>
  /** As `store`, in a folder of its own below `directory`, which is never removed. With null it lies beside the checkpoints. */
  storeSavepoint(checkpoint: Checkpoint, directory: string | null, beforeComplete?: BeforeComplete): Promise<string>
  /**
   * Every file is compared with its checksum. The error for one that is damaged names the file, and the newest older checkpoint
   * that is whole. @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_UNREADABLE
   */
  load(pathOrLatest: string): Promise<StoredCheckpoint>
  /** The highest number in use for this job; 0: none. */
  lastCheckpointId(): Promise<number>
  remove(checkpointId: number): Promise<void>
  /** What lies in the job's folder: checkpoints, savepoints, and what failed writes left behind. */
  list(): Promise<readonly CheckpointEntry[]>
  /** Removes a folder that `list` named. */
  removeEntry(name: string): Promise<void>
  /** Where the lease of the job's folder lies; null where the storage cannot keep one. */
  openLeases(): Promise<LeaseStore | null>
  /** The lease of the job's folder, without taking it, or null if there is no lease. */
  readLease(): Promise<FoundLease | null>
}

export type BeforeComplete = () => Promise<void>

/** A folder that holds a checkpoint or savepoint, or part of one. */
export interface CheckpointEntry {
  /** Such as `chk-7`. */
  readonly name: string
  readonly path: string
  /** Of a checkpoint; null for a savepoint. */
  readonly checkpointId: number | null
  /** It has its `_metadata`. */
  readonly complete: boolean
  /** When its newest file was written, epoch milliseconds, or null if it has no files. */
  readonly modifiedMs: number | null
  /** Of all its files. */
  readonly bytes: number
}
