/** The state of the enumerator of a Kinesis source in a checkpoint. */
import type { OperatorState } from '../../../../checkpoint/operator-state.ts'
import { CheckpointError } from '../../../../foundation/errors.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import { upgrade } from '../split/split-state.ts'
import type { SplitStatus } from './split-tracker.ts'

export const ENUMERATOR_STATE_VERSION = 2
export const ENUMERATOR_STATE_TYPE = 'kinesis-enumerator'

export interface EnumeratorState {
  readonly streamArn: string
  /** Epoch milliseconds. */
  readonly creationTimeMs: number
  readonly shards: readonly { readonly split: KinesisShardSplit; readonly status: SplitStatus }[]
}

export function writeEnumeratorState(state: EnumeratorState): OperatorState {
  return { type: ENUMERATOR_STATE_TYPE, version: ENUMERATOR_STATE_VERSION, json: state, bytes: null }
}

export function readEnumeratorState({ type, version, json }: OperatorState): EnumeratorState {
  if (type !== ENUMERATOR_STATE_TYPE || (version !== 1 && version !== ENUMERATOR_STATE_VERSION))
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds '${type}' state of version ${version} where a Kinesis source expects '${ENUMERATOR_STATE_TYPE}' of version ${ENUMERATOR_STATE_VERSION} or 1. It was made by another kind of source, or by another version.`,
    )
  const state = json as EnumeratorState
  return { ...state, shards: state.shards.map(({ split, status }) => ({ split: upgrade(split), status })) }
}
