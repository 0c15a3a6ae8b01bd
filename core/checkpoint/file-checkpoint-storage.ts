/**
 * Checkpoints in a local directory. Crash-safe at every step: files are written and synced first, the metadata under another
 * name, their directory synced, the metadata renamed last, and all directories synced. A crash leaves a directory without
 * `_metadata`, which is no checkpoint. Files are readable for their user alone.
 */
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigurationError } from '../foundation/errors.ts'
import {
  checkpointIds,
  checkpointName,
  encodeCheckpoint,
  failedWrite,
  isEntryName,
  jobDirectoryName,
  METADATA,
  noneComplete,
  notWritten,
  olderNames,
  savepointName,
  unreadable,
} from './checkpoint-document.ts'
import { readStored } from './checkpoint-reading.ts'
import type { CheckpointFolder } from './checkpoint-reading.ts'
import type { CheckpointKey } from './checkpoint-seal.ts'
import type { BeforeComplete, Checkpoint, CheckpointEntry, CheckpointStorage, StoredCheckpoint } from './checkpoint.ts'
import { FileLeaseStore } from './file-lease-store.ts'
import type { FoundLease, LeaseStore } from './lease-store.ts'
import { makeDirectory } from './make-directory.ts'

export class FileCheckpointStorage implements CheckpointStorage {
  readonly location: string
  readonly #key: CheckpointKey | null

  constructor(directory: string, jobName: string, key: CheckpointKey | null = null) {
    this.location = path.join(directoryOf(directory), jobDirectoryName(jobName))
    this.#key = key
  }

  async store(checkpoint: Checkpoint, beforeComplete?: BeforeComplete): Promise<string> {
    await this.remove(checkpoint.checkpointId).catch((cause: unknown) => {
      throw notWritten(checkpoint, this.location, cause)
    })
    return this.#write(checkpoint, path.join(this.location, checkpointName(checkpoint.checkpointId)), beforeComplete)
  }

  async storeSavepoint(
    checkpoint: Checkpoint,
    directory: string | null,
    beforeComplete?: BeforeComplete,
  ): Promise<string> {
    const base = directory === null ? this.location : directoryOf(directory)
    return this.#write(checkpoint, path.join(base, savepointName(checkpoint)), beforeComplete)
  }

  async #write(
    checkpoint: Checkpoint,
    directory: string,
    beforeComplete: BeforeComplete = async () => undefined,
  ): Promise<string> {
    try {
      const { metadata, files } = encodeCheckpoint(checkpoint, this.#key)
      const made = await makeDirectory(directory)
      for (const { name, bytes } of files) await writeSynced(path.join(directory, name), bytes)
      await writeSynced(path.join(directory, `${METADATA}.inprogress`), metadata)
      await syncDirectory(directory)
      await beforeComplete()
      await rename(path.join(directory, `${METADATA}.inprogress`), path.join(directory, METADATA))
      await syncDirectory(directory)
      await syncParents(directory, made)
      return directory
    } catch (cause) {
      throw await failedWrite(checkpoint, directory, cause, () => removeFolder(directory))
    }
  }

  async load(pathOrLatest: string): Promise<StoredCheckpoint> {
    const directory = pathOrLatest === 'latest' ? await this.#latest() : directoryOf(pathOrLatest)
    return readStored(folderAt(directory), this.#key, async () => {
      const beside = path.dirname(directory)
      return olderNames(await readdir(beside), path.basename(directory)).map(n => folderAt(path.join(beside, n)))
    })
  }

  async lastCheckpointId(): Promise<number> {
    return Math.max(0, ...(await this.#ids()))
  }

  async remove(checkpointId: number): Promise<void> {
    await removeFolder(path.join(this.location, checkpointName(checkpointId)))
  }

  async list(): Promise<CheckpointEntry[]> {
    const found = await readdir(this.location, { withFileTypes: true }).catch(unlessMissing([]))
    const entries: CheckpointEntry[] = []
    for (const { name } of found.filter(f => f.isDirectory() && isEntryName(f.name))) {
      const directory = path.join(this.location, name)
      const files = await readdir(directory).catch(unlessMissing<string[]>([]))
      const stats = []
      for (const file of files) {
        const found = await stat(path.join(directory, file)).catch(unlessMissing(null))
        if (found !== null) stats.push(found)
      }
      entries.push({
        name,
        path: directory,
        checkpointId: checkpointIds([name])[0] ?? null,
        complete: files.includes(METADATA),
        modifiedMs: stats.length === 0 ? null : Math.max(...stats.map(s => s.mtimeMs)),
        bytes: stats.reduce((sum, s) => sum + s.size, 0),
      })
    }
    return entries
  }

  async removeEntry(name: string): Promise<void> {
    if (isEntryName(name)) await removeFolder(path.join(this.location, name))
  }

  async openLeases(): Promise<LeaseStore> {
    return new FileLeaseStore(this.location)
  }

  async readLease(): Promise<FoundLease | null> {
    return new FileLeaseStore(this.location).read()
  }

  async #latest(): Promise<string> {
    for (const id of (await this.#ids()).sort((a, b) => b - a)) {
      const directory = path.join(this.location, checkpointName(id))
      // It may be gone by now: another process of the same job may retain fewer.
      if ((await readdir(directory).catch((): string[] => [])).includes(METADATA)) return directory
    }
    throw noneComplete(this.location)
  }

  async #ids(): Promise<number[]> {
    return checkpointIds(await readdir(this.location).catch(() => []))
  }
}

function directoryOf(text: string): string {
  if (text.startsWith('file:')) return fileURLToPath(text)
  const scheme = /^([a-z0-9+]+):\/\//i.exec(text)?.[1]
  if (scheme !== undefined)
    throw new ConfigurationError(`Checkpoints on '${scheme}://' are not supported; give a local directory.`)
  return path.resolve(text)
}

function folderAt(directory: string): CheckpointFolder {
  return {
    path: directory,
    async read(name) {
      try {
        return await readFile(path.join(directory, name))
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return null
        throw unreadable(directory, cause)
      }
    },
  }
}

/** The metadata is removed first: the remains of an interrupted removal are not a checkpoint. */
async function removeFolder(directory: string): Promise<void> {
  await rm(path.join(directory, METADATA), { force: true })
  await rm(directory, { recursive: true, force: true })
}

function unlessMissing<T>(otherwise: T): (error: unknown) => T {
  return error => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise
    throw error
  }
}

async function writeSynced(file: string, content: string | Buffer): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Every folder above in which something is new: up to the one that holds the first that was made. */
async function syncParents(directory: string, made: string | undefined): Promise<void> {
  const last = path.dirname(made ?? directory)
  for (let folder = path.dirname(directory); ; folder = path.dirname(folder)) {
    await syncDirectory(folder)
    if (folder === last || folder === path.dirname(folder)) return
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
