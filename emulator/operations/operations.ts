// Every operation of the service, by its name in the X-Amz-Target header.
import { describeAccountSettings, describeLimits, updateAccountSettings } from './account-settings.ts'
import { createChannel, deleteChannel, describeChannel, listChannels, updateChannel } from './channels.ts'
import {
  deregisterStreamConsumer,
  describeStreamConsumer,
  listStreamConsumers,
  registerStreamConsumer,
} from './consumers.ts'
import { startStreamEncryption, stopStreamEncryption } from './encryption.ts'
import { updateMonitoring } from './enhanced-monitoring.ts'
import { getRecords } from './get-records.ts'
import { getShardIterator } from './get-shard-iterator.ts'
import { listShards } from './list-shards.ts'
import type { Operation } from './operation.ts'
import { putRecord, putRecords } from './put-records.ts'
import { acknowledgeRecords, receiveRecords, restoreRecords, updateRecordsVisibility } from './queue-records.ts'
import { createQueue, deleteQueue, describeQueue, listQueues, updateQueue } from './queues.ts'
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from './resource-policies.ts'
import { mergeShards, splitShard, updateShardCount } from './shards.ts'
import {
  updateMaxRecordSize,
  updateRetention,
  updateStreamMode,
  updateStreamRecordDistributionStrategy,
  updateStreamWarmThroughput,
} from './stream-settings.ts'
import { createStream, deleteStream, describeStream, describeStreamSummary, listStreams } from './streams.ts'
import { subscribeToShard } from './subscribe-to-shard.ts'
import {
  addTagsToStream,
  listTagsForResource,
  listTagsForStream,
  removeTagsFromStream,
  tagResource,
  untagResource,
} from './tags.ts'

export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    AcknowledgeDeadLetterQueueRecords: acknowledgeRecords(true),
    AcknowledgeQueueRecords: acknowledgeRecords(false),
    AddTagsToStream: addTagsToStream,
    CreateChannel: createChannel,
    CreateQueue: createQueue,
    CreateStream: createStream,
    DecreaseStreamRetentionPeriod: updateRetention('decrease'),
    DeleteChannel: deleteChannel,
    DeleteQueue: deleteQueue,
    DeleteResourcePolicy: deleteResourcePolicy,
    DeleteStream: deleteStream,
    DeregisterStreamConsumer: deregisterStreamConsumer,
    DescribeAccountSettings: describeAccountSettings,
    DescribeChannel: describeChannel,
    DescribeLimits: describeLimits,
    DescribeQueue: describeQueue,
    DescribeStream: describeStream,
    DescribeStreamConsumer: describeStreamConsumer,
    DescribeStreamSummary: describeStreamSummary,
    DisableEnhancedMonitoring: updateMonitoring(false),
    EnableEnhancedMonitoring: updateMonitoring(true),
    GetRecords: getRecords,
    GetResourcePolicy: getResourcePolicy,
    GetShardIterator: getShardIterator,
    IncreaseStreamRetentionPeriod: updateRetention('increase'),
    ListChannels: listChannels,
    ListQueues: listQueues,
    ListShards: listShards,
    ListStreamConsumers: listStreamConsumers,
    ListStreams: listStreams,
    ListTagsForResource: listTagsForResource,
    ListTagsForStream: listTagsForStream,
    MergeShards: mergeShards,
    PutRecord: putRecord,
    PutRecords: putRecords,
    PutResourcePolicy: putResourcePolicy,
    ReceiveDeadLetterQueueRecords: receiveRecords(true),
    ReceiveQueueRecords: receiveRecords(false),
    RegisterStreamConsumer: registerStreamConsumer,
    RemoveTagsFromStream: removeTagsFromStream,
    RestoreDeadLetterQueueRecords: restoreRecords,
    SplitShard: splitShard,
    StartStreamEncryption: startStreamEncryption,
    StopStreamEncryption: stopStreamEncryption,
    SubscribeToShard: subscribeToShard,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateAccountSettings: updateAccountSettings,
    UpdateChannel: updateChannel,
    UpdateDeadLetterQueueRecordsVisibility: updateRecordsVisibility(true),
    UpdateMaxRecordSize: updateMaxRecordSize,
    UpdateQueue: updateQueue,
    UpdateQueueRecordsVisibility: updateRecordsVisibility(false),
    UpdateShardCount: updateShardCount,
    UpdateStreamMode: updateStreamMode,
    UpdateStreamRecordDistributionStrategy: updateStreamRecordDistributionStrategy,
    UpdateStreamWarmThroughput: updateStreamWarmThroughput,
  }),
)
