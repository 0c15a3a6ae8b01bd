/**
 * The contents of a checkpoint, for people and for tools: operators, positions by shard, sizes of state. It reads every state that the
 * engine itself writes. For other states it has the type and the size.
 */
import type { Checkpoint, OperatorCheckpoint } from '../../../checkpoint/checkpoint.ts'
import type { OperatorState } from '../../../checkpoint/operator-state.ts'
import { declarationsOf, KEYED_STATE_TYPE } from '../../../operators/keyed-state/keyed-state.ts'
import { SINK_STATE_TYPE } from '../../async-sink/sink-state-codec.ts'
import { isKinesisSource, splitsOf } from './source-state.ts'
import type { KinesisShardSplit } from '../source/split/kinesis-shard-split.ts'

export interface CheckpointContents {
  readonly checkpointId: number
  readonly jobName: string
  readonly jobId: string
  /** Epoch milliseconds. */
  readonly timestampMs: number
  /** The size of all states. */
  readonly bytes: number
  readonly operators: readonly OperatorContents[]
}

export interface OperatorContents {
  /** The uid, or the generated id. */
  readonly operatorId: string
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly bytes: number
  readonly state: StateContents
}

export type StateContents =
  | { readonly type: 'none' }
  | { readonly type: 'kinesis-source'; readonly splits: readonly KinesisShardSplit[] }
  | {
      readonly type: 'keyed'
      /** `pickle` for a Python function, `v8` for a function in the process of the engine. */
      readonly encoding: string
      /** Kind by name. */
      readonly states: Readonly<Record<string, string>>
      /** Declared type by name, as text, or null if it is not known. */
      readonly types: Readonly<Record<string, string | null>>
      readonly keyGroups: number
    }
  | { readonly type: 'sink'; readonly entries: number }
  | { readonly type: 'other'; readonly types: readonly string[] }

/** @throws CheckpointError CHECKPOINT_UNREADABLE where it was made by another version */
export function checkpointContents(checkpoint: Checkpoint): CheckpointContents {
  const { checkpointId, jobName, jobId, timestampMs } = checkpoint
  const operators = checkpoint.operators.map(operatorContents)
  const bytes = operators.reduce((sum, o) => sum + o.bytes, 0)
  return { checkpointId, jobName, jobId, timestampMs, bytes, operators }
}

/** Whether the state contains results of records. Reading the records again would count or write them twice. */
export function holdsRecords(operator: OperatorCheckpoint): boolean {
  if (operator.enumerator !== null) return false // a source: it has positions only
  const state = stateOf(operator)
  switch (state.type) {
    case 'none':
    case 'kinesis-source':
      return false
    case 'keyed':
      return state.keyGroups > 0
    case 'sink':
      return state.entries > 0
    case 'other':
      return true
  }
}

/** The size of the documents and of the bytes beside them. */
export function stateSizeOf({ enumerator, subtasks }: OperatorCheckpoint): number {
  return [enumerator, ...subtasks].reduce(
    (sum, s) => sum + (s === null ? 0 : Buffer.byteLength(JSON.stringify(s.json)) + (s.bytes?.length ?? 0)),
    0,
  )
}

function operatorContents(operator: OperatorCheckpoint): OperatorContents {
  const { operatorId, name, parallelism, maxParallelism } = operator
  return { operatorId, name, parallelism, maxParallelism, bytes: stateSizeOf(operator), state: stateOf(operator) }
}

function stateOf(operator: OperatorCheckpoint): StateContents {
  if (isKinesisSource(operator)) return { type: 'kinesis-source', splits: splitsOf(operator) }
  const stored = [operator.enumerator, ...operator.subtasks].filter(s => s !== null)
  const types = [...new Set(stored.map(s => s.type))]
  if (types.length === 0) return { type: 'none' }
  if (types.length > 1) return { type: 'other', types }
  if (types[0] === KEYED_STATE_TYPE) return keyed(stored)
  if (types[0] === SINK_STATE_TYPE)
    return { type: 'sink', entries: stored.reduce((sum, s) => sum + (s.json as { entries: number }).entries, 0) }
  return { type: 'other', types }
}

function keyed(stored: readonly OperatorState[]): StateContents {
  const parts = stored.map(s => s.json as { encoding: string; keyGroups: readonly unknown[] })
  const states: Record<string, string> = {}
  const types: Record<string, string | null> = {}
  for (const [name, { kind, type }] of stored.flatMap(s => Object.entries(declarationsOf(s)))) {
    states[name] = kind
    types[name] ??= type
  }
  return {
    type: 'keyed',
    encoding: parts[0]!.encoding,
    states,
    types,
    keyGroups: parts.reduce((sum, p) => sum + p.keyGroups.length, 0),
  }
}
