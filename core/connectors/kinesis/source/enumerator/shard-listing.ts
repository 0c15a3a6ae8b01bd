/**
 * Checks a listing of shards. The open shards of a stream together cover the whole range of hash keys. A listing whose open shards
 * leave a hole is incomplete, or was made while the stream was being resharded.
 */
import type { ShardDescription } from '../../../../aws/kinesis/stream-proxy.ts'

const MAX_HASH_KEY = (1n << 128n) - 1n

/** The first hash key that no open shard owns, decimal; `null` when the listing is whole. */
export function firstHole(shards: readonly ShardDescription[]): string | null {
  const ranges = shards
    .filter(shard => shard.endingSequenceNumber === null)
    .map(({ startingHashKey, endingHashKey }) => [BigInt(startingHashKey), BigInt(endingHashKey)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  let next = 0n
  for (const [starting, ending] of ranges) {
    if (starting > next) return String(next)
    if (ending >= next) next = ending + 1n
  }
  return next > MAX_HASH_KEY ? null : String(next)
}
