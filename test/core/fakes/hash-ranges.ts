/** Shards that share the space of hash keys evenly, as a new stream's. */
import type { ShardDescription } from '../../../core/aws/kinesis/stream-proxy.ts'
import { shardIdOf } from './fake-stream.ts'

export function shardsOf(count: number): ShardDescription[] {
  const all = 2n ** 128n
  return Array.from({ length: count }, (_, i) => ({
    shardId: shardIdOf(i),
    parentShardIds: [],
    startingHashKey: String((all * BigInt(i)) / BigInt(count)),
    endingHashKey: String((all * BigInt(i + 1)) / BigInt(count) - 1n),
    startingSequenceNumber: '1',
    endingSequenceNumber: null,
  }))
}
