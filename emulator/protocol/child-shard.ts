// The hash key range of a shard in a response, and the ChildShard that GetRecords and SubscribeToShard return at the end of
// its parent.
import type { WireObject } from '../encoding/wire-value.ts'
import type { Shard } from '../store/shard.ts'

export function describeChild(child: Shard): WireObject {
  return { ShardId: child.id, ParentShards: child.parentIds, HashKeyRange: describeRange(child) }
}

export const describeRange = ({ range }: Shard): WireObject => ({
  StartingHashKey: String(range.start),
  EndingHashKey: String(range.end),
})
