/**
 * A checkpoint in its stored form: a document, and files with bytes, each with its name, length and hash. Where and in what
 * order they are written is the storages' business; all of them write the document last.
 */
import { randomBytes } from 'node:crypto'
import path from 'node:path'

import { CheckpointError, messageOf } from '../foundation/errors.ts'
import { CHECKPOINT_FORMAT, CHECKPOINT_VERSION } from './checkpoint.ts'
import { checkSeal, sealed, sha256, unsigned } from './checkpoint-seal.ts'
import type { CheckpointKey } from './checkpoint-seal.ts'
import type { Checkpoint, OperatorCheckpoint } from './checkpoint.ts'
import type { OperatorState } from './operator-state.ts'

/** Name of the document: where it exists, the checkpoint is complete. */
export const METADATA = '_metadata'
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

export interface CheckpointDocument {
  readonly metadata: string
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[]
}

export function encodeCheckpoint(checkpoint: Checkpoint, key: CheckpointKey | null): CheckpointDocument {
  const files: { name: string; bytes: Buffer }[] = []
  const stored = (state: OperatorState | null, name: string): StoredState | null => {
    if (state === null) return null
    const { bytes, type, version, json } = state
    if (bytes === null) return { type, version, json, file: null }
    files.push({ name, bytes })
    return { type, version, json, file: { name, bytes: bytes.length, sha256: sha256(bytes) } }
  }
  const operators = checkpoint.operators.map(operator => {
    const subtasks = operator.subtasks.map((state, i) => stored(state, `${operator.operatorId}-${i}.bin`))
    return { ...operator, enumerator: stored(operator.enumerator, `${operator.operatorId}-enumerator.bin`), subtasks }
  })
  const metadata: Metadata = { format: CHECKPOINT_FORMAT, version: CHECKPOINT_VERSION, ...checkpoint, operators }
  return { metadata: sealed(JSON.stringify(metadata, null, 1), key), files }
}

/**
 * @param read gives a file's bytes by its name, or null if there is no such file
 * @param key the key of the signature; with null, the signature is not checked
 * @throws Error that says what is wrong, without a full stop
 */
export async function decodeCheckpoint(
  metadata: string,
  read: (name: string) => Promise<Buffer | null>,
  key: CheckpointKey | null,
): Promise<Checkpoint> {
  const { format, version, seal, ...rest } = parsed(metadata)
  if (typeof format !== 'string' || !Number.isInteger(version))
    throw new Error(`the file ${METADATA} is not what was written: it has no format, or no version`)
  if (format !== CHECKPOINT_FORMAT || !(version >= 1 && version <= CHECKPOINT_VERSION))
    throw new Error(
      `its format is '${format}' version ${version}; this engine reads '${CHECKPOINT_FORMAT}' up to version ${CHECKPOINT_VERSION}`,
    )
  // Version 1 has no seal.
  if (version > 1 || seal !== undefined) checkSeal(metadata, key)
  else if (key !== null) throw unsigned()
  const restored = async (state: StoredState | null): Promise<OperatorState | null> => {
    if (state === null) return null
    const { file, ...others } = state
    if (file === null) return { ...others, bytes: null }
    const bytes = await read(path.basename(file.name))
    if (bytes === null) throw new Error(`the file ${file.name} is missing`)
    if (bytes.length !== file.bytes)
      throw new Error(
        `the file ${file.name} is not what was written: it has ${bytes.length} bytes instead of ${file.bytes}`,
      )
    if (sha256(bytes) !== file.sha256)
      throw new Error(`the file ${file.name} is not what was written: its SHA-256 is not the one in _metadata`)
    return { ...others, bytes }
  }
  // A document without a seal may hold anything.
  if (!hasOperators(rest)) throw new Error(`the file ${METADATA} is not what was written: it has no operators`)
  const operators = rest.operators.map(async operator => ({
    ...operator,
    enumerator: await restored(operator.enumerator),
    subtasks: await Promise.all(operator.subtasks.map(restored)),
  }))
  return { ...rest, operators: await Promise.all(operators) }
}

function hasOperators(document: unknown): boolean {
  const { operators } = document as { readonly operators?: unknown }
  const hasSubtasks = (operator: { readonly subtasks?: unknown } | null): boolean => Array.isArray(operator?.subtasks)
  return Array.isArray(operators) && operators.every(hasSubtasks)
}

function parsed(metadata: string): Metadata & { readonly seal?: unknown } {
  let document: unknown
  try {
    document = JSON.parse(metadata)
  } catch (cause) {
    throw new Error(`the file ${METADATA} is not what was written: ${reason(cause)}`, { cause })
  }
  if (typeof document !== 'object' || document === null)
    throw new Error(`the file ${METADATA} is not what was written: it holds no JSON object`)
  return document as Metadata & { readonly seal?: unknown }
}

/** A job's name as a directory name; where characters were lost, a hash keeps different names apart. */
export function jobDirectoryName(jobName: string): string {
  const safe = jobName
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_NAME)
  return safe === jobName && safe !== '' ? safe : `${safe}-${sha256(jobName).slice(0, 8)}`
}

export const checkpointName = (checkpointId: number): string => `chk-${checkpointId}`

export const savepointName = ({ jobId }: Checkpoint): string =>
  `savepoint-${jobId.slice(0, 6)}-${randomBytes(6).toString('hex')}`

/** The numbers of the checkpoints among these names. */
export const checkpointIds = (names: readonly string[]): number[] =>
  names.flatMap(name => (/^chk-\d+$/.test(name) ? [Number(name.slice(4))] : []))

/** `undoing` removes what was written. Its own failure is not reported, because the cause is more important. */
export async function failedWrite(
  checkpoint: Checkpoint,
  place: string,
  cause: unknown,
  undoing: () => Promise<void>,
): Promise<CheckpointError> {
  await undoing().catch(() => undefined)
  // The errors of a lost lease and of an abandoned checkpoint are complete.
  return cause instanceof CheckpointError && cause.code !== 'CHECKPOINT_FAILED'
    ? cause
    : notWritten(checkpoint, place, cause)
}

/** Names of the folders that checkpoints and savepoints lie in. */
export const isEntryName = (name: string): boolean => /^(chk-\d+|savepoint-[0-9a-f]+-[0-9a-f]+)$/.test(name)

/** The checkpoints among `names` that are older than `name`, the newest first; all of them where it is a savepoint. */
export function olderNames(names: readonly string[], name: string): string[] {
  const [id = Infinity] = checkpointIds([name])
  return checkpointIds(names)
    .filter(other => other < id)
    .sort((a, b) => b - a)
    .map(checkpointName)
}

export function notWritten({ checkpointId }: Checkpoint, place: string, cause: unknown): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_FAILED',
    `Checkpoint ${checkpointId} could not be written to ${place}: ${reason(cause)}.`,
    { cause },
  )
}

export function notComplete(place: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_NOT_FOUND',
    `There is no complete checkpoint at ${place}: it has no file '${METADATA}'.`,
    { cause },
  )
}

export function noneComplete(place: string): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_NOT_FOUND',
    `'latest' was asked for, but there is no complete checkpoint in ${place}. Checkpoints are found by the job's name and execution.checkpointing.dir.`,
    { details: { complete: 0 } },
  )
}

/** Whether there is no complete checkpoint at all; a checkpoint that was found and cannot be read is another error. */
export const isNoneComplete = (error: unknown): boolean =>
  error instanceof CheckpointError && error.code === 'CHECKPOINT_NOT_FOUND' && error.details['complete'] === 0

export function unreadable(place: string, cause: unknown): CheckpointError {
  return new CheckpointError('CHECKPOINT_UNREADABLE', `The checkpoint at ${place} cannot be read: ${reason(cause)}.`, {
    cause,
  })
}

const reason = (cause: unknown): string => messageOf(cause).replace(/\.$/, '')
