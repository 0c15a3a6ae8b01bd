/**
 * Who reads which shard. An assigner answers for each shard that may be read now; a program's own may live in another
 * process, so the engine asks for many at once and waits.
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

/** A subtask for each of the shards, in their order. */
export type AssignShards = (
  shards: readonly ShardToAssign[],
  context: ShardAssignerContext,
) => readonly number[] | Promise<readonly number[]>

/** Shards one after the other; each sees where those before it went. */
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
