/** The one network seam: what the source and the sink ask of Kinesis. Tests pass a fake; see kinesis-stream-proxy.ts. */
import type { FailedEntry, EntryRun } from './put-records-codec.ts'
import type { GetRecordsResult } from './get-records-codec.ts'

export interface StreamSummary {
  readonly streamName: string
  readonly streamArn: string
  readonly status: string
  /** Epoch milliseconds; with the ARN it tells a recreated stream from the one before. */
  readonly creationTimeMs: number
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
  close(): void
}

export interface SinkStreamProxy {
  readonly streamName: string
  describeStream(): Promise<StreamSummary>
  putRecords(runs: readonly EntryRun[]): Promise<FailedEntry[]>
  close(): void
}
