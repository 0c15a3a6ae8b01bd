/** Spreads shards over subtasks by the middle of their hash-key range, so that each subtask gets an even share of the keys. */
import type { KinesisShardAssigner } from '../../../../operators/shard-assigner.ts'

/** Spreads shards by a hash of their ids, which is the same in every run. The default of FlinkKinesisConsumer. */
export const defaultShardAssigner: KinesisShardAssigner = (shard, { parallelism }) => {
  let hash = 17
  for (const c of `${shard.streamArn}/${shard.shardId}`) hash = (Math.imul(hash, 37) + c.codePointAt(0)!) | 0
  return Math.abs(hash % parallelism)
}

const HASH_KEY_BOUND = 1n << 128n

export const uniformShardAssigner: KinesisShardAssigner = (shard, { parallelism }) => {
  const middle = (BigInt(shard.startingHashKey) + BigInt(shard.endingHashKey)) / 2n
  return Number((middle * BigInt(parallelism)) / HASH_KEY_BOUND)
}
