/**
 * Hands splits to the readers of a job. The assigner chooses the subtask of each shard. It may live in another process: then it is
 * asked for one group of splits after the other.
 */
import { messageOf, ShardlineError } from '../../../../foundation/errors.ts'
import type { EnumeratorContext } from '../../../../operators/source.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import type { ShardAssignment } from '../split/split-events.ts'
import type { AssignShards } from '../../../../operators/shard-assigner.ts'
import type { SplitTracker } from './split-tracker.ts'

export interface SplitDistributorOptions {
  readonly assign: AssignShards
  readonly tracker: SplitTracker
  readonly context: EnumeratorContext<ShardAssignment>
  /** Called when splits were handed out after an assigner of another process had answered. */
  readonly onAssignedLater: () => void
}

export class SplitDistributor {
  /** The consumer of enhanced fan-out. `null` when shards are polled. */
  consumerArn: string | null = null
  readonly #options: SplitDistributorOptions
  /** The subtask that each shard was given to in this attempt. */
  readonly #subtaskOf = new Map<string, number>()
  /** An assigner of another process has not answered yet. */
  #waiting = false
  #closed = false

  constructor(options: SplitDistributorOptions) {
    this.#options = options
  }

  /** Hands out all splits that may be read now. */
  distribute(): void {
    if (this.#closed || this.#waiting) return
    const { assign, tracker, context } = this.#options
    const splits = tracker.assignable()
    if (splits.length === 0) return
    let chosen: readonly number[] | Promise<readonly number[]>
    try {
      chosen = assign(splits, { parallelism: context.parallelism, assigned: this.#assigned() })
    } catch (error) {
      context.fail(assignerFailed(error))
      return
    }
    if (chosen instanceof Promise) void this.#handOutLater(splits, chosen)
    else this.#handOut(splits, chosen)
  }

  /** `null` when the shard was not given to a subtask in this attempt, or has finished. */
  subtaskOf(shardId: string): number | null {
    return this.#subtaskOf.get(shardId) ?? null
  }

  /** The shard is read no more. */
  release(shardId: string): void {
    this.#subtaskOf.delete(shardId)
  }

  /** Hands out nothing from now on. */
  close(): void {
    this.#closed = true
  }

  async #handOutLater(splits: readonly KinesisShardSplit[], chosen: Promise<readonly number[]>): Promise<void> {
    this.#waiting = true
    let subtasks: readonly number[]
    try {
      subtasks = await chosen
    } catch (error) {
      this.#options.context.fail(assignerFailed(error))
      return
    }
    this.#waiting = false
    if (this.#closed) return
    this.#handOut(splits, subtasks)
    this.distribute()
    this.#options.onAssignedLater()
  }

  #handOut(splits: readonly KinesisShardSplit[], subtasks: readonly number[]): void {
    const { tracker, context } = this.#options
    const bySubtask = new Map<number, ShardAssignment[]>()
    for (const [i, split] of splits.entries()) {
      const subtask = subtasks[i]
      if (subtask === undefined || !Number.isInteger(subtask) || subtask < 0 || subtask >= context.parallelism) {
        context.fail(
          new ShardlineError(
            'CONFIGURATION_INVALID',
            `The shard assigner gave subtask ${String(subtask)} for ${split.shardId}; it must be a whole number from 0 to ${context.parallelism - 1}.`,
          ),
        )
        return
      }
      tracker.markAssigned(split.shardId)
      this.#subtaskOf.set(split.shardId, subtask)
      const assignment = { split, consumerArn: this.consumerArn }
      const assignments = bySubtask.get(subtask)
      if (assignments === undefined) bySubtask.set(subtask, [assignment])
      else assignments.push(assignment)
    }
    for (const [subtask, assignments] of bySubtask) context.addSplits(subtask, assignments)
  }

  /** By subtask: the shards that it reads. */
  #assigned(): string[][] {
    const lists = Array.from({ length: this.#options.context.parallelism }, (): string[] => [])
    for (const [shardId, subtask] of this.#subtaskOf) lists[subtask]!.push(shardId)
    return lists
  }
}

function assignerFailed(cause: unknown): ShardlineError {
  return new ShardlineError('FUNCTION_FAILED', `The shard assigner failed: ${messageOf(cause)}`, { cause })
}
