// Splits, merges and uniform scaling, as changes of the shards of a stream. They are checked as the service checks them.
// The caller decides when a reshard takes effect.
import { invalidArgument } from '../errors.ts'
import { evenRanges } from './hash-key.ts'
import type { Shard } from './shard.ts'
import type { Stream } from './stream.ts'

/** Throws InvalidArgumentException when the shard is closed or NewStartingHashKey does not lie within its range. */
export function checkSplit(stream: Stream, shard: Shard, newStart: bigint): void {
  requireOpen(stream, shard)
  if (newStart > shard.range.start + 1n && newStart < shard.range.end) return
  throw invalidArgument(
    `NewStartingHashKey ${newStart} used in SplitShard() on shard ${shard.id} in stream ${stream.name} under account ` +
      `${stream.accountId} is not both greater than one plus the shard's StartingHashKey ${shard.range.start} and less ` +
      `than the shard's EndingHashKey ${shard.range.end}.`,
  )
}

/** Throws InvalidArgumentException when one of the shards is closed or they are not adjacent. Their order is free. */
export function checkMerge(stream: Stream, shard: Shard, adjacent: Shard): void {
  requireOpen(stream, shard)
  requireOpen(stream, adjacent)
  if (shard.range.end + 1n === adjacent.range.start || adjacent.range.end + 1n === shard.range.start) return
  throw invalidArgument(
    `Shards ${shard.id} and ${adjacent.id} in stream ${stream.name} under account ${stream.accountId} are not an ` +
      'adjacent pair of shards eligible for merging',
  )
}

export function split(stream: Stream, shard: Shard, newStart: bigint, nowMs: number): readonly Shard[] {
  const { start, end } = shard.range
  return stream.replace(
    [shard],
    [
      { start, end: newStart - 1n },
      { start: newStart, end },
    ],
    nowMs,
  )
}

export function merge(stream: Stream, shard: Shard, adjacent: Shard, nowMs: number): Shard {
  const start = shard.range.start < adjacent.range.start ? shard.range.start : adjacent.range.start
  const end = shard.range.end > adjacent.range.end ? shard.range.end : adjacent.range.end
  return stream.replace([shard, adjacent], [{ start, end }], nowMs)[0]!
}

/**
 * Splits the open shards at every boundary of `target` even ranges, and then merges the shards within each range. The
 * intermediate shards remain as closed shards.
 */
export function scaleUniformly(stream: Stream, target: number, nowMs: number): void {
  const ranges = evenRanges(target)
  const open = stream.openShards().sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
  const pieces: Shard[] = []
  let at = 0
  for (const shard of open) {
    let rest = shard
    while (at < ranges.length && ranges[at]!.start <= rest.range.end) {
      const { start } = ranges[at++]!
      if (start <= rest.range.start) continue
      const [low, high] = split(stream, rest, start, nowMs)
      pieces.push(low!)
      rest = high!
    }
    pieces.push(rest)
  }
  let next = 0
  for (const { end } of ranges) {
    let merged = pieces[next++]!
    while (merged.range.end < end) merged = merge(stream, merged, pieces[next++]!, nowMs)
  }
}

function requireOpen(stream: Stream, shard: Shard): void {
  if (shard.open) return
  throw invalidArgument(
    `Shard ${shard.id} in stream ${stream.name} under account ${stream.accountId} is closed; only an open shard can be ` +
      'split or merged',
  )
}
