/** The splits of a reader as state in a checkpoint. */
import type { OperatorState } from '../../../../checkpoint/operator-state.ts'
import { CheckpointError } from '../../../../foundation/errors.ts'
import { SPLIT_STATE_VERSION } from './kinesis-shard-split.ts'
import type { KinesisShardSplit } from './kinesis-shard-split.ts'

export function writeSplits(splits: readonly KinesisShardSplit[]): OperatorState {
  return { type: 'kinesis-splits', version: SPLIT_STATE_VERSION, json: { splits }, bytes: null }
}

export function readSplits(state: OperatorState): readonly KinesisShardSplit[] {
  if (state.type !== 'kinesis-splits' || (state.version !== 1 && state.version !== SPLIT_STATE_VERSION))
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds '${state.type}' state of version ${state.version} where a Kinesis source expects 'kinesis-splits' of version ${SPLIT_STATE_VERSION} or 1. It was made by another kind of source, or by another version.`,
    )
  return (state.json as { splits: StoredSplit[] }).splits.map(upgrade)
}

/** Version 1 has no continuation and no arrival. */
type StoredSplit = Omit<KinesisShardSplit, 'continuationSequenceNumber' | 'lastArrivalMs'> & Partial<KinesisShardSplit>

export function upgrade(split: StoredSplit): KinesisShardSplit {
  return {
    ...split,
    continuationSequenceNumber: split.continuationSequenceNumber ?? null,
    lastArrivalMs: split.lastArrivalMs ?? null,
  }
}
