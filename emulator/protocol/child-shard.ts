// A shard's range, and a child as GetRecords and SubscribeToShard name it at the end of its parent.
import type { WireObject } from '../encoding/wire-value.ts'
import type { Shard } from '../store/shard.ts'

export function describeChild(child: Shard): WireObject {
  return { ShardId: child.id, ParentShards: child.parentIds, HashKeyRange: describeRange(child) }
}

export const describeRange = ({ range }: Shard): WireObject => ({
  StartingHashKey: String(range.start),
  EndingHashKey: String(range.end),
})
