/**
 * The state and timers of a keyed operator in checkpoints and between processes: one blob for each key group that has any. The
 * process that runs the function writes and reads the blobs. The engine only distributes them to the subtasks.
 *
 *   type `keyed-state`, version 2
 *   json   {"encoding": who reads the blobs, "states": {name: {"kind", "type"}}, "keyGroups": [[key group, bytes], ...] ascending}
 *   bytes  the blobs, one after the other
 *
 * The `type` of a state is the text of the type that the program declared (`schemas/contracts/type-text.ts`). It is `null` when the program
 * declared no type. A restored state must have the same type as before. Version 1 has {name: kind} and no types, so its states
 * are restored without this check.
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { CheckpointError } from '../../foundation/errors.ts'

export const KEYED_STATE_TYPE = 'keyed-state'
export const KEYED_STATE_VERSION = 2

/** A Python function writes `pickle`. A function of the engine's process writes `v8`. */
export type StateEncoding = 'pickle' | 'v8'
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

/** The description of a state without its values. */
export interface StateDeclaration {
  readonly kind: StateKind
  /** The text of the type. `null` when the program declared no type, and in version 1. */
  readonly type: string | null
}

export interface KeyedState {
  readonly encoding: StateEncoding
  /** By the state's name. */
  readonly states: Readonly<Record<string, StateDeclaration>>
  readonly keyGroups: ReadonlyMap<number, Buffer>
}

interface StateJson {
  readonly encoding: StateEncoding
  readonly states: Readonly<Record<string, StateDeclaration>>
  readonly keyGroups: readonly (readonly [number, number])[]
}

interface StateJsonV1 extends Omit<StateJson, 'states'> {
  readonly states: Readonly<Record<string, StateKind>>
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

/** The first and the last key group of a subtask, by Flink's formula. */
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
 * The key groups from `from` to `to` of the state that all subtasks stored. `null` when they stored no state.
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
  const states: Record<string, StateDeclaration> = {}
  const keyGroups = new Map<number, Buffer>()
  for (const { type, version, json, bytes } of stored) {
    if (type !== KEYED_STATE_TYPE || version > KEYED_STATE_VERSION)
      fail(
        `it is '${type}' version ${version}, and this engine reads '${KEYED_STATE_TYPE}' up to version ${KEYED_STATE_VERSION}`,
      )
    const state = json as StateJson
    if (state.encoding !== encoding)
      fail(`it was written by a function of another language ('${state.encoding}', not '${encoding}')`)
    for (const [name, { kind, type: valueType }] of Object.entries(declarationsOf({ version, json }))) {
      const known = states[name]
      if (known !== undefined && known.kind !== kind) fail(`'${name}' is of the kinds ${known.kind} and ${kind}`)
      // A subtask may not have asked for the state yet since it was restored from a checkpoint without types.
      states[name] = { kind, type: known?.type ?? valueType }
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

/** The states of one stored state, of any version. */
export function declarationsOf({
  version,
  json,
}: Pick<OperatorState, 'version' | 'json'>): Readonly<Record<string, StateDeclaration>> {
  if (version > 1) return (json as StateJson).states
  const states = Object.entries((json as StateJsonV1).states)
  return Object.fromEntries(states.map(([name, kind]) => [name, { kind, type: null }]))
}

/** What a user can do when a state differs from the one in the checkpoint. */
export const STATE_REMEDY =
  'give the state another name or the operator another uid, which start empty, or start the job without the checkpoint.'
