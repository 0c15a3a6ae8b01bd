/** Spreads shards over subtasks by the middle of their hash-key range, so that each subtask gets an even share of the keys. */
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'

/** Picks the subtask (0 to parallelism - 1) that reads a split. */
export type KinesisShardAssigner = (split: KinesisShardSplit, parallelism: number) => number

const HASH_KEY_BOUND = 1n << 128n

export const uniformShardAssigner: KinesisShardAssigner = (split, parallelism) => {
  const middle = (BigInt(split.startingHashKey) + BigInt(split.endingHashKey)) / 2n
  return Number((middle * BigInt(parallelism)) / HASH_KEY_BOUND)
}
