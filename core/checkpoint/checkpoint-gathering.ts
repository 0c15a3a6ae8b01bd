/** Gathers the state of one attempt of a job for a checkpoint. */
import type { Checkpoint, OperatorCheckpoint } from './checkpoint.ts'
import type { OperatorState } from './operator-state.ts'

/** How many subtasks a message names. */
const NAMED_SUBTASKS = 5

/** One attempt of a job, whose state checkpoints contain. */
export interface CheckpointedAttempt {
  /** The operators with the states of their enumerators, without the states of subtasks. Called for each checkpoint. */
  operators(checkpointId: number): readonly Omit<OperatorCheckpoint, 'subtasks'>[]
  readonly subtasks: readonly CheckpointedSubtask[]
  /** The attempt has failed. Failures of its checkpoints are then not counted. */
  readonly failing: boolean
}

export interface CheckpointedSubtask {
  readonly subtask: number
  /** For messages, such as `Map (2/4)`. */
  readonly nameWithSubtask: string
  /** The state by operator id. Rejects if the subtask fails. */
  checkpoint(checkpointId: number): Promise<ReadonlyMap<string, OperatorState | null>>
  notifyCheckpointComplete(checkpointId: number): void
}

/**
 * @param missing holds all subtasks of the attempt; a subtask is removed from it when its state has come
 */
export async function gatherCheckpoint(
  attempt: CheckpointedAttempt,
  description: Omit<Checkpoint, 'operators'>,
  missing: Set<CheckpointedSubtask>,
): Promise<Checkpoint> {
  const { checkpointId } = description
  // Enumerators first: splits that they hand out later are in the snapshots of the readers.
  const operators = attempt.operators(checkpointId)
  const stateOf = async (subtask: CheckpointedSubtask): Promise<ReadonlyMap<string, OperatorState | null>> => {
    const state = await subtask.checkpoint(checkpointId)
    missing.delete(subtask)
    return state
  }
  const states = await Promise.all(attempt.subtasks.map(stateOf))
  return {
    ...description,
    operators: operators.map(operator => ({
      ...operator,
      subtasks: statesBySubtask(operator, attempt.subtasks, states),
    })),
  }
}

/** The first of the subtasks, for messages. */
export function namesOf(subtasks: ReadonlySet<CheckpointedSubtask>): string {
  const names = [...subtasks].map(s => s.nameWithSubtask)
  const shown = names.slice(0, NAMED_SUBTASKS).join(', ')
  const more = names.length > NAMED_SUBTASKS ? ` and ${names.length - NAMED_SUBTASKS} more` : ''
  return `${shown}${more}`
}

/** The states of one operator, by subtask. */
function statesBySubtask(
  { operatorId, parallelism }: Omit<OperatorCheckpoint, 'subtasks'>,
  subtasks: readonly CheckpointedSubtask[],
  states: readonly ReadonlyMap<string, OperatorState | null>[],
): (OperatorState | null)[] {
  const gathered = new Array<OperatorState | null>(parallelism).fill(null)
  subtasks.forEach((s, i) => {
    const state = states[i]!.get(operatorId)
    if (state !== undefined) gathered[s.subtask] = state
  })
  return gathered
}
