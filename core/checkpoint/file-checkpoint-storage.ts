/**
 * Checkpoints in a local directory. Crash-safe at every step: files are written and synced first, the metadata under another
 * name, their directory synced, the metadata renamed last, and all directories synced. A crash leaves a directory without
 * `_metadata`, which nobody reads.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { CheckpointError, ConfigurationError } from '../errors.ts'
import { CHECKPOINT_FORMAT, CHECKPOINT_VERSION } from './checkpoint.ts'
import type { Checkpoint, CheckpointStorage, OperatorCheckpoint, StoredCheckpoint } from './checkpoint.ts'
import type { OperatorState } from './operator-state.ts'

const METADATA = '_metadata'
/** Of a directory; file systems take 255 bytes. */
const MAX_NAME = 200

interface StoredState {
  readonly type: string
  readonly version: number
  readonly json: unknown
  readonly file: { readonly name: string; readonly bytes: number; readonly sha256: string } | null
}

interface Metadata extends Omit<Checkpoint, 'operators'> {
  readonly format: string
  readonly version: number
  readonly operators: readonly (Omit<OperatorCheckpoint, 'enumerator' | 'subtasks'> & {
    readonly enumerator: StoredState | null
    readonly subtasks: readonly (StoredState | null)[]
  })[]
}

export class FileCheckpointStorage implements CheckpointStorage {
  readonly location: string

  constructor(directory: string, jobName: string) {
    this.location = path.join(directoryOf(directory), jobDirectoryName(jobName))
  }

  async store(checkpoint: Checkpoint): Promise<string> {
    await this.remove(checkpoint.checkpointId).catch((cause: unknown) => {
      throw notWritten(checkpoint, this.location, cause)
    })
    return this.#write(checkpoint, path.join(this.location, `chk-${checkpoint.checkpointId}`))
  }

  async storeSavepoint(checkpoint: Checkpoint, directory: string | null): Promise<string> {
    const base = directory === null ? this.location : directoryOf(directory)
    const name = `savepoint-${checkpoint.jobId.slice(0, 6)}-${randomBytes(6).toString('hex')}`
    return this.#write(checkpoint, path.join(base, name))
  }

  async #write(checkpoint: Checkpoint, directory: string): Promise<string> {
    try {
      await mkdir(directory, { recursive: true })
      const operators = []
      for (const operator of checkpoint.operators) {
        const storeState = (state: OperatorState | null, part: string): Promise<StoredState | null> =>
          state === null ? Promise.resolve(null) : writeState(directory, `${operator.operatorId}-${part}.bin`, state)
        const subtasks: (StoredState | null)[] = []
        for (const [i, state] of operator.subtasks.entries()) subtasks.push(await storeState(state, String(i)))
        operators.push({ ...operator, enumerator: await storeState(operator.enumerator, 'enumerator'), subtasks })
      }
      const metadata: Metadata = { format: CHECKPOINT_FORMAT, version: CHECKPOINT_VERSION, ...checkpoint, operators }
      await writeSynced(path.join(directory, `${METADATA}.inprogress`), `${JSON.stringify(metadata, null, 1)}\n`)
      await syncDirectory(directory)
      await rename(path.join(directory, `${METADATA}.inprogress`), path.join(directory, METADATA))
      await syncDirectory(directory)
      await syncDirectory(path.dirname(directory))
      await syncDirectory(path.dirname(path.dirname(directory)))
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
      throw new CheckpointError(
        'CHECKPOINT_NOT_FOUND',
        `There is no complete checkpoint at ${directory}: it has no file '${METADATA}'.`,
        { cause },
      )
    }
    try {
      return { checkpoint: await readCheckpoint(directory, text), path: directory }
    } catch (cause) {
      throw new CheckpointError(
        'CHECKPOINT_UNREADABLE',
        `The checkpoint at ${directory} cannot be read: ${(cause as Error).message}.`,
        { cause },
      )
    }
  }

  async lastCheckpointId(): Promise<number> {
    return Math.max(0, ...(await this.#ids()))
  }

  async remove(checkpointId: number): Promise<void> {
    const directory = path.join(this.location, `chk-${checkpointId}`)
    // The metadata goes first: what is left of a removal that was cut short is no checkpoint.
    await rm(path.join(directory, METADATA), { force: true })
    await rm(directory, { recursive: true, force: true })
  }

  async #latest(): Promise<string> {
    for (const id of (await this.#ids()).sort((a, b) => b - a)) {
      const directory = path.join(this.location, `chk-${id}`)
      // It may be gone by now: another process of the same job may retain fewer.
      if ((await readdir(directory).catch((): string[] => [])).includes(METADATA)) return directory
    }
    throw new CheckpointError(
      'CHECKPOINT_NOT_FOUND',
      `'latest' was asked for, but there is no complete checkpoint in ${this.location}. Checkpoints are found by the job's name and execution.checkpointing.dir.`,
    )
  }

  async #ids(): Promise<number[]> {
    const names = await readdir(this.location).catch(() => [])
    return names.flatMap(name => (/^chk-\d+$/.test(name) ? [Number(name.slice(4))] : []))
  }
}

function notWritten({ checkpointId }: Checkpoint, directory: string, cause: unknown): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_FAILED',
    `Checkpoint ${checkpointId} could not be written to ${directory}: ${(cause as Error).message}.`,
    { cause },
  )
}

function directoryOf(text: string): string {
  if (text.startsWith('file:')) return fileURLToPath(text)
  const scheme = /^([a-z0-9+]+):\/\//i.exec(text)?.[1]
  if (scheme !== undefined)
    throw new ConfigurationError(`Checkpoints on '${scheme}://' are not there yet; give a local directory.`)
  return path.resolve(text)
}

/** A job's name as a directory name; where characters were lost, a hash keeps different names apart. */
function jobDirectoryName(jobName: string): string {
  const safe = jobName
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_NAME)
  return safe === jobName && safe !== '' ? safe : `${safe}-${sha256(jobName).slice(0, 8)}`
}

async function writeState(
  directory: string,
  name: string,
  { type, version, json, bytes }: OperatorState,
): Promise<StoredState> {
  if (bytes === null) return { type, version, json, file: null }
  await writeSynced(path.join(directory, name), bytes)
  return { type, version, json, file: { name, bytes: bytes.length, sha256: sha256(bytes) } }
}

async function readCheckpoint(directory: string, text: string): Promise<Checkpoint> {
  const { format, version, ...metadata } = JSON.parse(text) as Metadata
  if (format !== CHECKPOINT_FORMAT || version !== CHECKPOINT_VERSION)
    throw new Error(
      `its format is '${format}' version ${version}; this engine reads '${CHECKPOINT_FORMAT}' version ${CHECKPOINT_VERSION}`,
    )
  const readState = async (state: StoredState | null): Promise<OperatorState | null> => {
    if (state === null) return null
    const { file, ...rest } = state
    if (file === null) return { ...rest, bytes: null }
    const bytes = await readFile(path.join(directory, path.basename(file.name)))
    if (bytes.length !== file.bytes || sha256(bytes) !== file.sha256)
      throw new Error(`the file ${file.name} is not what was written`)
    return { ...rest, bytes }
  }
  const operators = metadata.operators.map(async operator => ({
    ...operator,
    enumerator: await readState(operator.enumerator),
    subtasks: await Promise.all(operator.subtasks.map(readState)),
  }))
  return { ...metadata, operators: await Promise.all(operators) }
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

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
