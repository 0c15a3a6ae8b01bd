/** The one network seam: what the source and the sink ask of Kinesis. Tests pass a fake; see kinesis-stream-proxy.ts. */
import type { EntryRun, PutRecordsOptions, PutRecordsResult } from './put-records-codec.ts'
import type { GetRecordsResult, SubscriptionEvent } from './get-records-result.ts'

export interface StreamSummary {
  readonly streamName: string
  readonly streamArn: string
  readonly status: string
  /** Epoch milliseconds; with the ARN it tells a recreated stream from the one before. */
  readonly creationTimeMs: number
  /** How long a record is kept, milliseconds; null: the endpoint does not say. */
  readonly retentionMs: number | null
}

/** A consumer of enhanced fan-out. */
export interface ConsumerDescription {
  readonly consumerName: string
  readonly consumerArn: string
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING'
}

/** Events come only as they are asked for: what is not read holds the service back. */
export interface ShardSubscription {
  /** null: the subscription's time is up. @throws ServiceError when it broke */
  next(): Promise<SubscriptionEvent | null>
  close(): void
}

export interface ShardDescription {
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly startingSequenceNumber: string
  /** null: the shard is open. */
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
  /** null: there is none of this name. */
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
  /** The service's clock less this machine's, milliseconds: the least that its answers allow; 0 if they allow that the clocks agree. */
  readonly clockOffsetMs: number
  /** What the service's clock less this machine's lies between. Answers tell the time in whole seconds. Both 0 before the first answer. */
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
