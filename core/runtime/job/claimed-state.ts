/** Checks before a job starts from a checkpoint that each state in it belongs to an operator of the job and fits it. */
import type { Checkpoint } from '../../checkpoint/checkpoint.ts'
import { CheckpointError, ConfigurationError } from '../../foundation/errors.ts'
import type { JobPlan } from '../plan/job-plan.ts'

/** @throws CheckpointError, ConfigurationError naming the operator */
export function checkClaimed(checkpoint: Checkpoint, path: string, plan: JobPlan): void {
  const chains = new Map(plan.nodes.map(n => [n.node.operatorId, n.chain]))
  for (const { operatorId, name, subtasks, enumerator, maxParallelism } of checkpoint.operators) {
    if (enumerator === null && subtasks.every(s => s === null)) continue
    const chain = chains.get(operatorId)
    if (chain === undefined)
      throw new CheckpointError(
        'CHECKPOINT_UNREADABLE',
        `The checkpoint at ${path} holds state of the operator '${name}' (${operatorId}), which this job does not have. If the operator was removed on purpose, or should start without state under another uid, pass --allow-non-restored-state (execution.state-recovery.ignore-unclaimed-state). Otherwise restore the previous uids of the operators.`,
      )
    if (chain.maxParallelism !== maxParallelism)
      throw new ConfigurationError(
        `The checkpoint at ${path} was made with max parallelism ${maxParallelism} for '${name}', but the job has ${chain.maxParallelism}.`,
      )
  }
}
