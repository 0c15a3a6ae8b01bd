/** What GetRecords and SubscribeToShard answer, whatever the format of the body. */
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { decimal, list, object, text } from '../service/answer-checks.ts'

export interface ChildShard {
  readonly shardId: string
  readonly parentShards: readonly string[]
  readonly startingHashKey: string
  readonly endingHashKey: string
}

/** One event of a subscription. It is like an answer of GetRecords, without an iterator. */
export interface SubscriptionEvent {
  /** Payload `bytes`. It is often empty. */
  readonly batch: RecordBatch
  /** Where the next subscription begins. `null` when the shard has ended. */
  readonly continuationSequenceNumber: string | null
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
}

export interface GetRecordsResult {
  /** Payload `bytes`. `timestamp` is the ApproximateArrivalTimestamp of each record. */
  readonly batch: RecordBatch
  /** `null` when the shard has ended. */
  readonly nextShardIterator: string | null
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
}

/** The children in an answer. They are missing before the end of a shard. @throws InvalidAnswer */
export function toChildShards(value: unknown): ChildShard[] {
  if (value === undefined || value === null) return []
  return list(value, 'ChildShards').map((child, i) => {
    const field = `ChildShards[${i}]`
    const { ShardId, ParentShards, HashKeyRange } = object(child, field)
    const range = object(HashKeyRange, `${field}.HashKeyRange`)
    return {
      shardId: text(ShardId, `${field}.ShardId`),
      parentShards: list(ParentShards ?? [], `${field}.ParentShards`).map(id => text(id, `${field}.ParentShards`)),
      startingHashKey: decimal(range['StartingHashKey'], `${field}.HashKeyRange.StartingHashKey`),
      endingHashKey: decimal(range['EndingHashKey'], `${field}.HashKeyRange.EndingHashKey`),
    }
  })
}
