/** Spreads shards over subtasks by the middle of their hash-key range, so that each subtask gets an even share of the keys. */
import type { KinesisShardAssigner } from './shard-assigner.ts'

const HASH_KEY_BOUND = 1n << 128n

export const uniformShardAssigner: KinesisShardAssigner = (shard, { parallelism }) => {
  const middle = (BigInt(shard.startingHashKey) + BigInt(shard.endingHashKey)) / 2n
  return Number((middle * BigInt(parallelism)) / HASH_KEY_BOUND)
}
