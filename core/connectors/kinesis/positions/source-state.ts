/**
 * The positions of a Kinesis source in a checkpoint, as one list. The states of the readers overlay the state of the enumerator, because
 * the readers took their snapshots later. A restore does the same.
 */
import type { OperatorCheckpoint } from '../../../checkpoint/checkpoint.ts'
import type { OperatorState } from '../../../checkpoint/operator-state.ts'
import {
  ENUMERATOR_STATE_TYPE,
  readEnumeratorState,
  writeEnumeratorState,
} from '../source/enumerator/enumerator-state.ts'
import { bySplitId } from '../source/split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../source/split/kinesis-shard-split.ts'
import { readSplits, writeSplits } from '../source/split/split-state.ts'

export const isKinesisSource = ({ enumerator }: OperatorCheckpoint): boolean =>
  enumerator?.type === ENUMERATOR_STATE_TYPE

/** By id. @throws CheckpointError CHECKPOINT_UNREADABLE */
export function splitsOf({ enumerator, subtasks }: OperatorCheckpoint): KinesisShardSplit[] {
  const splits = new Map<string, KinesisShardSplit>()
  if (enumerator !== null)
    for (const { split, status } of readEnumeratorState(enumerator).shards)
      splits.set(split.splitId, { ...split, finished: status === 'FINISHED' })
  for (const reader of subtasks) if (reader !== null) for (const s of readSplits(reader)) splits.set(s.splitId, s)
  return [...splits.values()].sort(bySplitId)
}

/** The operator with these splits in the place of those of the same ids; those that it does not have are left out. */
export function withSplits(operator: OperatorCheckpoint, splits: readonly KinesisShardSplit[]): OperatorCheckpoint {
  const byId = new Map(splits.map(s => [s.splitId, s]))
  const state = readEnumeratorState(operator.enumerator!)
  const statusOf = new Map(state.shards.map(s => [s.split.splitId, s.status]))
  const shards = splits.map(split => {
    const status = statusOf.get(split.splitId) ?? 'ASSIGNED'
    return { split, status: split.finished ? 'FINISHED' : status === 'FINISHED' ? 'UNASSIGNED' : status } as const
  })
  const reader = (stored: OperatorState | null): OperatorState | null =>
    stored === null ? null : writeSplits(readSplits(stored).map(s => byId.get(s.splitId) ?? s))
  return {
    ...operator,
    enumerator: writeEnumeratorState({ ...state, shards }),
    subtasks: operator.subtasks.map(reader),
  }
}
