/** What the enumerator and the readers of a Kinesis source send each other. */
import type { ChildShard } from '../../../../aws/kinesis/get-records-result.ts'
import type { KinesisShardSplit } from './kinesis-shard-split.ts'

/** The enumerator assigns a shard to a reader. */
export interface ShardAssignment {
  readonly split: KinesisShardSplit
  /** The consumer of enhanced fan-out to subscribe with. `null` when the shard is polled. */
  readonly consumerArn: string | null
}

/** From a reader: all records of a shard were emitted, and have passed every operator. */
export interface SplitFinishedEvent {
  readonly type: 'finished'
  readonly shardId: string
  readonly childShards: readonly ChildShard[]
}

/** From a reader: a shard was emitted up to the instant at which the source stops. Its position stays good for a restore. */
export interface SplitStoppedEvent {
  readonly type: 'stopped'
  readonly shardId: string
}

export type SplitEvent = SplitFinishedEvent | SplitStoppedEvent
