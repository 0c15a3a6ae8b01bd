/**
 * The state and timers of a keyed operator, as they travel in checkpoints and between processes: one blob for each key group
 * that has any. Whoever runs the function writes and reads blobs; the engine only deals them out.
 *
 *   type `keyed-state`, version 1
 *   json   {"encoding": who reads the blobs, "states": {name: kind}, "keyGroups": [[key group, bytes], ...] ascending}
 *   bytes  the blobs, one after the other
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import { CheckpointError } from '../errors.ts'

export const KEYED_STATE_TYPE = 'keyed-state'
export const KEYED_STATE_VERSION = 1

/** `pickle`: made by a Python function; `v8`: by a function of the engine's process. */
export type StateEncoding = 'pickle' | 'v8'
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

export interface KeyedState {
  readonly encoding: StateEncoding
  /** The kind of each state, by its name. */
  readonly states: Readonly<Record<string, StateKind>>
  readonly keyGroups: ReadonlyMap<number, Buffer>
}

interface StateJson {
  readonly encoding: StateEncoding
  readonly states: Readonly<Record<string, StateKind>>
  readonly keyGroups: readonly (readonly [number, number])[]
}

export function writeKeyedState({ encoding, states, keyGroups }: KeyedState): OperatorState {
  const ordered = [...keyGroups].sort(([a], [b]) => a - b)
  const json: StateJson = { encoding, states, keyGroups: ordered.map(([group, blob]) => [group, blob.length]) }
  return {
    type: KEYED_STATE_TYPE,
    version: KEYED_STATE_VERSION,
    json,
    bytes: Buffer.concat(ordered.map(([, blob]) => blob)),
  }
}

/** First and last key group of a subtask, as Flink deals them out. */
export function keyGroupRange(subtask: number, parallelism: number, maxParallelism: number): readonly [number, number] {
  return [
    Math.floor((subtask * maxParallelism + parallelism - 1) / parallelism),
    Math.floor(((subtask + 1) * maxParallelism - 1) / parallelism),
  ]
}

/** The subtask that a key group belongs to. */
export function subtaskOf(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism)
}

/**
 * The key groups from `from` to `to` out of what all subtasks had stored, however many there were; null: they had none.
 * @throws CheckpointError CHECKPOINT_UNREADABLE naming the operator
 */
export function readKeyedState(
  stored: readonly OperatorState[],
  [from, to]: readonly [number, number],
  encoding: StateEncoding,
  operatorName: string,
): KeyedState | null {
  const fail = (why: string): never => {
    throw new CheckpointError('CHECKPOINT_UNREADABLE', `The state of '${operatorName}' cannot be restored: ${why}.`)
  }
  if (stored.length === 0) return null
  const states: Record<string, StateKind> = {}
  const keyGroups = new Map<number, Buffer>()
  for (const { type, version, json, bytes } of stored) {
    if (type !== KEYED_STATE_TYPE || version !== KEYED_STATE_VERSION)
      fail(`it is '${type}' version ${version}, not '${KEYED_STATE_TYPE}' version ${KEYED_STATE_VERSION}`)
    const state = json as StateJson
    if (state.encoding !== encoding)
      fail(`it was written by a function of another language ('${state.encoding}', not '${encoding}')`)
    for (const [name, kind] of Object.entries(state.states)) {
      if (states[name] !== undefined && states[name] !== kind)
        fail(`'${name}' is of the kinds ${states[name]} and ${kind}`)
      states[name] = kind
    }
    let at = 0
    for (const [group, length] of state.keyGroups) {
      if (group >= from && group <= to) keyGroups.set(group, bytes!.subarray(at, at + length))
      at += length
    }
    if (at !== (bytes?.length ?? 0)) fail('its index and its bytes do not agree')
  }
  return { encoding, states, keyGroups }
}
