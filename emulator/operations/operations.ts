// Every operation the emulator knows, by the name in the request's target header.
import {
  deregisterStreamConsumer,
  describeStreamConsumer,
  listStreamConsumers,
  registerStreamConsumer,
} from './consumers.ts'
import { getRecords } from './get-records.ts'
import { getShardIterator } from './get-shard-iterator.ts'
import { listShards } from './list-shards.ts'
import type { Operation } from './operation.ts'
import { putRecord, putRecords } from './put-records.ts'
import { mergeShards, splitShard, updateShardCount } from './shards.ts'
import {
  createStream,
  deleteStream,
  describeLimits,
  describeStream,
  describeStreamSummary,
  listStreams,
  updateRetention,
} from './streams.ts'
import { subscribeToShard } from './subscribe-to-shard.ts'
import { addTagsToStream, listTagsForStream, removeTagsFromStream } from './tags.ts'

export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    AddTagsToStream: addTagsToStream,
    CreateStream: createStream,
    DecreaseStreamRetentionPeriod: updateRetention('decrease'),
    DeleteStream: deleteStream,
    DeregisterStreamConsumer: deregisterStreamConsumer,
    DescribeLimits: describeLimits,
    DescribeStream: describeStream,
    DescribeStreamConsumer: describeStreamConsumer,
    DescribeStreamSummary: describeStreamSummary,
    GetRecords: getRecords,
    GetShardIterator: getShardIterator,
    IncreaseStreamRetentionPeriod: updateRetention('increase'),
    ListShards: listShards,
    ListStreamConsumers: listStreamConsumers,
    ListStreams: listStreams,
    ListTagsForStream: listTagsForStream,
    MergeShards: mergeShards,
    PutRecord: putRecord,
    PutRecords: putRecords,
    RegisterStreamConsumer: registerStreamConsumer,
    RemoveTagsFromStream: removeTagsFromStream,
    SplitShard: splitShard,
    SubscribeToShard: subscribeToShard,
    UpdateShardCount: updateShardCount,
  }),
)
