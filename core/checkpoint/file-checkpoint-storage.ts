/**
 * Checkpoints in a local directory. Crash-safe at every step: files are written and synced first, the metadata under another
 * name, their directory synced, the metadata renamed last, and all directories synced. A crash leaves a directory without
 * `_metadata`, which nobody reads.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigurationError } from '../errors.ts'
import {
  checkpointIds,
  checkpointName,
  decodeCheckpoint,
  encodeCheckpoint,
  jobDirectoryName,
  METADATA,
  noneComplete,
  notComplete,
  notWritten,
  savepointName,
  unreadable,
} from './checkpoint-document.ts'
import type { Checkpoint, CheckpointStorage, StoredCheckpoint } from './checkpoint.ts'

export class FileCheckpointStorage implements CheckpointStorage {
  readonly location: string

  constructor(directory: string, jobName: string) {
    this.location = path.join(directoryOf(directory), jobDirectoryName(jobName))
  }

  async store(checkpoint: Checkpoint): Promise<string> {
    await this.remove(checkpoint.checkpointId).catch((cause: unknown) => {
      throw notWritten(checkpoint, this.location, cause)
    })
    return this.#write(checkpoint, path.join(this.location, checkpointName(checkpoint.checkpointId)))
  }

  async storeSavepoint(checkpoint: Checkpoint, directory: string | null): Promise<string> {
    const base = directory === null ? this.location : directoryOf(directory)
    return this.#write(checkpoint, path.join(base, savepointName(checkpoint)))
  }

  async #write(checkpoint: Checkpoint, directory: string): Promise<string> {
    try {
      const { metadata, files } = encodeCheckpoint(checkpoint)
      const made = await mkdir(directory, { recursive: true })
      for (const { name, bytes } of files) await writeSynced(path.join(directory, name), bytes)
      await writeSynced(path.join(directory, `${METADATA}.inprogress`), metadata)
      await syncDirectory(directory)
      await rename(path.join(directory, `${METADATA}.inprogress`), path.join(directory, METADATA))
      await syncDirectory(directory)
      await syncParents(directory, made)
      return directory
    } catch (cause) {
      throw notWritten(checkpoint, directory, cause)
    }
  }

  async load(pathOrLatest: string): Promise<StoredCheckpoint> {
    const directory = pathOrLatest === 'latest' ? await this.#latest() : directoryOf(pathOrLatest)
    let text: string
    try {
      text = await readFile(path.join(directory, METADATA), 'utf8')
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      throw code === 'ENOENT' || code === 'ENOTDIR' ? notComplete(directory, cause) : unreadable(directory, cause)
    }
    try {
      return { checkpoint: await decodeCheckpoint(text, name => readFile(path.join(directory, name))), path: directory }
    } catch (cause) {
      throw unreadable(directory, cause)
    }
  }

  async lastCheckpointId(): Promise<number> {
    return Math.max(0, ...(await this.#ids()))
  }

  async remove(checkpointId: number): Promise<void> {
    const directory = path.join(this.location, checkpointName(checkpointId))
    // The metadata goes first: what is left of a removal that was cut short is no checkpoint.
    await rm(path.join(directory, METADATA), { force: true })
    await rm(directory, { recursive: true, force: true })
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
    throw new ConfigurationError(`Checkpoints on '${scheme}://' are not there yet; give a local directory.`)
  return path.resolve(text)
}

async function writeSynced(file: string, content: string | Buffer): Promise<void> {
  const handle = await open(file, 'w')
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
