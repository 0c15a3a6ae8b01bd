/** Before a job starts from a checkpoint: is every state in it claimed by an operator of the job, and does it fit? */
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
        `The checkpoint at ${path} holds state of the operator '${name}' (${operatorId}), which this job does not have. If it was removed on purpose, or is to start anew under another uid, pass --allow-non-restored-state (execution.state-recovery.ignore-unclaimed-state); if not, give operators the uids they had.`,
      )
    if (chain.maxParallelism !== maxParallelism)
      throw new ConfigurationError(
        `The checkpoint at ${path} was made with max parallelism ${maxParallelism} for '${name}', but the job says ${chain.maxParallelism}.`,
      )
  }
}
