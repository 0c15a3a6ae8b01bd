/** The keyed state that belongs to one subtask, out of what all subtasks of the operator stored. */
import { CheckpointError } from '../../foundation/errors.ts'
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { keyGroupRange, readKeyedState } from './keyed-state.ts'
import type { KeyedState, StateEncoding } from './keyed-state.ts'

/** A subtask, and what all subtasks stored. */
export interface StoredState {
  readonly restored: readonly OperatorState[]
  readonly subtask: number
  readonly parallelism: number
  readonly maxParallelism: number
}

export interface KeyedOperator {
  readonly name: string
  readonly keyed: boolean
  readonly encoding: StateEncoding
}

/** `null` when there is no state. @throws CheckpointError if the operator is not keyed, or the state is not readable */
export function readOwnKeyedState(
  { restored, subtask, parallelism, maxParallelism }: StoredState,
  { name, keyed, encoding }: KeyedOperator,
): KeyedState | null {
  if (!keyed && restored.length > 0)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds state by key of '${name}', which has no keyed state in this job: give operators the uids they had.`,
    )
  return readKeyedState(restored, keyGroupRange(subtask, parallelism, maxParallelism), encoding, name)
}
