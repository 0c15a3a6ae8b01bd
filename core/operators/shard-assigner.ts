/**
 * Assigns shards to subtasks. The engine passes all shards that can be read now in one call and awaits the result, because the
 * assigner of a program may run in another process.
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
  /** By subtask: ids of the shards that it reads. */
  readonly assigned: readonly (readonly string[])[]
}

/** Picks the subtask (0 to parallelism - 1) that reads a shard. */
export type KinesisShardAssigner = (shard: ShardToAssign, context: ShardAssignerContext) => number

/** Returns a subtask for each shard, in the order of the shards. */
export type AssignShards = (
  shards: readonly ShardToAssign[],
  context: ShardAssignerContext,
) => readonly number[] | Promise<readonly number[]>

/** Assigns one shard after another. Each call has the assignments of the shards before it. */
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
