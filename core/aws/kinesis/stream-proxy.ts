/** The calls that the source and the sink make to Kinesis. Tests pass a fake; `KinesisStreamProxy` makes the real calls. */
import type { EntryRun, PutRecordsOptions, PutRecordsResult } from './put-records-codec.ts'
import type { GetRecordsResult, SubscriptionEvent } from './get-records-result.ts'

export interface StreamSummary {
  readonly streamName: string
  readonly streamArn: string
  readonly status: string
  /** Epoch milliseconds. A recreated stream has the same ARN and another creation time. */
  readonly creationTimeMs: number
  /** How long a record is kept, milliseconds. `null` when the endpoint does not tell. */
  readonly retentionMs: number | null
}

/** A consumer of enhanced fan-out. */
export interface ConsumerDescription {
  readonly consumerName: string
  readonly consumerArn: string
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING'
}

/** An event is read only when `next` is called, so that a slow reader holds the service back. */
export interface ShardSubscription {
  /** `null` when the subscription has expired. @throws ServiceError when it was cut off */
  next(): Promise<SubscriptionEvent | null>
  close(): void
}

export interface ShardDescription {
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly startingSequenceNumber: string
  /** `null` when the shard is open. */
  readonly endingSequenceNumber: string | null
}

export type StartingPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestampMs: number }
  | { readonly type: 'AT_SEQUENCE_NUMBER'; readonly sequenceNumber: string }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string }

export interface SourceStreamProxy {
  describeStream(): Promise<StreamSummary>
  /** Every shard that the service still lists, closed ones included. */
  listShards(): Promise<ShardDescription[]>
  getShardIterator(shardId: string, position: StartingPosition): Promise<string>
  getRecords(shardId: string, shardIterator: string, limit: number): Promise<GetRecordsResult>
  /** `null` when there is no consumer of this name. */
  describeStreamConsumer(consumerName: string): Promise<ConsumerDescription | null>
  /** @throws ServiceError RESOURCE_IN_USE if there is one of this name */
  registerStreamConsumer(consumerName: string): Promise<ConsumerDescription>
  deregisterStreamConsumer(consumerArn: string): Promise<void>
  subscribeToShard(
    consumerArn: string,
    shardId: string,
    position: StartingPosition,
    signal: AbortSignal,
  ): Promise<ShardSubscription>
  /** The service's clock minus this machine's, milliseconds: the smallest offset that its answers allow, 0 if they allow it. */
  readonly clockOffsetMs: number
  /** The range of the offset. Answers have the time in whole seconds. Both ends are 0 before the first answer. */
  readonly clockOffsetRangeMs: readonly [least: number, most: number]
  close(): void
}

export interface SinkStreamProxy {
  readonly streamName: string
  describeStream(): Promise<StreamSummary>
  /** Every shard that the service still lists, closed ones included. */
  listShards(): Promise<ShardDescription[]>
  putRecords(runs: readonly EntryRun[], options?: PutRecordsOptions): Promise<PutRecordsResult>
  close(): void
}
