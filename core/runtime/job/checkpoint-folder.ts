/**
 * Prepares the directory of a job's checkpoints. It takes the lease, so that no other run writes there, checks that the directory
 * can be written to, and removes the remains of failed checkpoints.
 */
import { CheckpointLease } from '../../checkpoint/checkpoint-lease.ts'
import type { LeaseRequest } from '../../checkpoint/checkpoint-lease.ts'
import type { CheckpointStorage } from '../../checkpoint/checkpoint.ts'
import type { ProcessTable } from '../../checkpoint/process-table.ts'
import type { Clock } from '../../foundation/clock.ts'
import { CheckpointError, ShardlineError, messageOf } from '../../foundation/errors.ts'

interface FolderServices {
  readonly processes: ProcessTable
  readonly clock: Clock
  readonly warn: (message: string) => void
  /** Another run has taken over. */
  readonly onLost: (error: CheckpointError) => void
  readonly signal: AbortSignal
}

/** @returns the lease, or `null` if the storage supports none @throws ShardlineError if the directory is not writable or in use */
export async function takeLease(
  storage: CheckpointStorage,
  request: Omit<LeaseRequest, 'location'>,
  { processes, clock, warn, onLost, signal }: FolderServices,
): Promise<CheckpointLease | null> {
  const { location } = storage
  try {
    const leases = await storage.openLeases()
    if (leases === null) {
      warn(
        `The S3 endpoint of ${location} does not support conditional writes: nothing keeps two runs of this job from writing there at once, and what failed checkpoints leave behind is not removed.`,
      )
      return null
    }
    return await CheckpointLease.acquire(leases, { ...request, location }, processes, clock, warn, onLost, signal)
  } catch (cause) {
    if (cause instanceof ShardlineError || signal.aborted) throw cause
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw new CheckpointError(
      'CHECKPOINT_FAILED',
      `Checkpoints cannot be written to ${location}: ${message}. ${code in HINTS ? `${HINTS[code]!}Otherwise choose` : 'Choose'}${ANOTHER}`,
      { cause },
    )
  }
}

const ANOTHER = ' another directory (execution.checkpointing.dir), or turn checkpoints off.'
const NO_SPACE = 'Free space on that file system. '
const NO_PERMISSION = 'Give the user of this process permission to write there. '
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: NO_SPACE,
  EDQUOT: NO_SPACE,
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: 'The file system is mounted read-only. ',
  ENOTDIR: 'A part of the path is a file, not a directory. ',
  EEXIST: 'There is a file in place of the directory. ',
  ENOENT: 'No directory can be made there. ',
}

/** Call it with a lease only. Without one, a checkpoint without `_metadata` may be in progress in another run. */
export async function removeLeftovers(storage: CheckpointStorage, warn: (message: string) => void): Promise<void> {
  try {
    for (const { name, checkpointId, complete } of await storage.list())
      if (checkpointId !== null && !complete) await storage.removeEntry(name)
  } catch (error) {
    warn(`Remains of failed checkpoints in ${storage.location} could not be removed: ${messageOf(error)}.`)
  }
}
