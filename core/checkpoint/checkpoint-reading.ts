/**
 * Reads a checkpoint and compares every file with its checksum. The error for one that cannot be used names the newest
 * older checkpoint that is whole, and how to start from it.
 */
import { CheckpointError } from '../foundation/errors.ts'
import { decodeCheckpoint, METADATA, notComplete, unreadable } from './checkpoint-document.ts'
import type { CheckpointKey } from './checkpoint-seal.ts'
import type { Checkpoint, StoredCheckpoint } from './checkpoint.ts'

/** A folder that should hold a checkpoint. */
export interface CheckpointFolder {
  readonly path: string
  /** The file's bytes, or null if there is no such file. @throws Error */
  read(name: string): Promise<Buffer | null>
}

/** `older`: folders of older checkpoints, the newest first; asked for only where the folder cannot be used. */
export async function readStored(
  folder: CheckpointFolder,
  key: CheckpointKey | null,
  older: () => Promise<readonly CheckpointFolder[]>,
): Promise<StoredCheckpoint> {
  try {
    return { checkpoint: await readCheckpoint(folder, key), path: folder.path }
  } catch (error) {
    // A storage that does not answer, or that refuses, is no evidence of a damaged checkpoint.
    if (!(error instanceof Unusable)) throw error
    const found = await newestWhole(await older().catch(() => []), key)
    if (found === null) throw error.reported
    throw new CheckpointError(
      error.reported.code,
      `${error.reported.message} The newest older checkpoint that is whole is ${found.path}; to start from it: shardline run --restore '${found.path}' ... (execution.state-recovery.path)`,
      { cause: error.reported.cause },
    )
  }
}

/** The first folder whose checkpoint is whole, or null. */
export async function newestWhole(
  folders: readonly CheckpointFolder[],
  key: CheckpointKey | null,
): Promise<StoredCheckpoint | null> {
  for (const folder of folders)
    try {
      return { checkpoint: await readCheckpoint(folder, key), path: folder.path }
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
    }
  return null
}

/** What is wrong with the checkpoint itself. */
class Unusable extends Error {
  readonly reported: CheckpointError

  constructor(reported: CheckpointError) {
    super(reported.message)
    this.reported = reported
  }
}

async function readCheckpoint(folder: CheckpointFolder, key: CheckpointKey | null): Promise<Checkpoint> {
  const metadata = await folder.read(METADATA)
  if (metadata === null) throw new Unusable(notComplete(folder.path))
  let failedRead: unknown = null
  const read = async (name: string): Promise<Buffer | null> => {
    try {
      return await folder.read(name)
    } catch (error) {
      failedRead = error
      throw error
    }
  }
  try {
    return await decodeCheckpoint(metadata.toString('utf8'), read, key)
  } catch (cause) {
    if (failedRead !== null) throw failedRead as Error
    throw new Unusable(unreadable(folder.path, cause))
  }
}
