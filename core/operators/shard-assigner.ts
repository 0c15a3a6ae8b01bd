/**
 * A shard assigner chooses the subtask that reads a shard. The assigner of a program may run in another process, so the engine asks
 * for many shards at once and waits for the answer.
 */
export interface ShardToAssign {
  readonly streamArn: string
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  /** Decimal, 0 to 2^128 - 1, both ends inclusive. */
  readonly startingHashKey: string
  readonly endingHashKey: string
}

export interface ShardAssignerContext {
  readonly parallelism: number
  /** By subtask: the ids of the shards that it reads. */
  readonly assigned: readonly (readonly string[])[]
}

/** Picks the subtask (0 to parallelism - 1) that reads a shard. */
export type KinesisShardAssigner = (shard: ShardToAssign, context: ShardAssignerContext) => number

/** Returns the subtask of each shard, in their order. */
export type AssignShards = (
  shards: readonly ShardToAssign[],
  context: ShardAssignerContext,
) => readonly number[] | Promise<readonly number[]>

/** Calls the assigner for one shard after the other. Each call sees the assignments of the calls before it. */
export function oneByOne(assigner: KinesisShardAssigner): AssignShards {
  return (shards, { parallelism, assigned }) => {
    const lists = assigned.map(list => [...list])
    return shards.map(shard => {
      const subtask = assigner(shard, { parallelism, assigned: lists })
      lists[subtask]?.push(shard.shardId)
      return subtask
    })
  }
}
