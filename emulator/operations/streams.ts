// Streams themselves: create, delete, describe, list.
import { invalidArgument, resourceInUse } from '../errors.ts'
import type { WireObject } from '../protocol/wire-value.ts'
import type { Stream } from '../store/stream.ts'
import { STREAM_NAME, SHARD_ID } from './input.ts'
import type { Operation } from './operation.ts'
import { answer, nothing, streamOf } from './operation.ts'
import { describeShard } from './shards.ts'
import { setTags } from './tags.ts'

const ON_DEMAND_SHARDS = 4
const ON_DEMAND_STREAM_LIMIT = 50
const DEFAULT_PAGE = 100

const time = (ms: number): Date => new Date(ms)
const modeOf = (stream: Stream): WireObject => ({ StreamMode: stream.mode })

export const createStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: ({ input }) => ({ stream: input.optionalText('StreamName') }),
  run: ({ account, input }) => {
    const name = input.text('StreamName', STREAM_NAME)
    const mode = input
      .optionalStructure('StreamModeDetails')
      ?.text('StreamMode', { oneOf: ['PROVISIONED', 'ON_DEMAND'] })
    const shardCount = input.optionalInteger('ShardCount', 1)
    const recordKib = input.optionalInteger('MaxRecordSizeInKiB', 1024, 10_240)
    const maxRecordBytes = recordKib === undefined ? {} : { maxRecordBytes: recordKib * 1024 }
    const tags = input.optionalTextMap('Tags', 200)
    let stream
    if (mode === 'ON_DEMAND') {
      if (shardCount !== undefined) throw invalidArgument('ShardCount cannot be specified with StreamMode ON_DEMAND.')
      stream = account.create(name, { shardCount: ON_DEMAND_SHARDS, mode, ...maxRecordBytes })
    } else {
      if (shardCount === undefined) throw invalidArgument('ShardCount must be specified with StreamMode PROVISIONED.')
      stream = account.create(name, { shardCount, ...maxRecordBytes })
    }
    if (tags !== undefined) setTags(stream, tags)
    return nothing
  },
}

export const deleteStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const stream = streamOf(call)
    if (stream.status === 'DELETING') {
      throw resourceInUse(`Stream ${stream.name} under account ${stream.accountId} is already in state DELETING.`)
    }
    if (stream.consumers.size > 0 && !call.input.flag('EnforceConsumerDeletion')) {
      throw resourceInUse(
        `Stream ${stream.name} under account ${stream.accountId} still has registered consumers; ` +
          'deregister them or set EnforceConsumerDeletion.',
      )
    }
    stream.delete(call.account.clock.now(), call.account.settings.deleteDelayMs)
    return nothing
  },
}

export const describeStream: Operation = {
  rate: { perSecond: 10, per: 'account' },
  run: call => {
    const stream = streamOf(call)
    const limit = Math.min(call.input.optionalInteger('Limit', 1, 10_000) ?? DEFAULT_PAGE, DEFAULT_PAGE)
    const after = call.input.optionalText('ExclusiveStartShardId', SHARD_ID) ?? ''
    const shards = stream.shards().filter(shard => shard.id > after)
    return answer({
      StreamDescription: {
        StreamName: stream.name,
        StreamARN: stream.arn,
        StreamStatus: stream.status,
        StreamModeDetails: modeOf(stream),
        Shards: shards.slice(0, limit).map(describeShard),
        HasMoreShards: shards.length > limit,
        RetentionPeriodHours: stream.retentionHours,
        StreamCreationTimestamp: time(stream.createdMs),
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'NONE',
      },
    })
  },
}

export const describeStreamSummary: Operation = {
  rate: { perSecond: 20, per: 'account' },
  run: call => {
    const stream = streamOf(call)
    return answer({
      StreamDescriptionSummary: {
        StreamName: stream.name,
        StreamARN: stream.arn,
        StreamStatus: stream.status,
        StreamModeDetails: modeOf(stream),
        RetentionPeriodHours: stream.retentionHours,
        StreamCreationTimestamp: time(stream.createdMs),
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'NONE',
        OpenShardCount: stream.openShards().length,
        ConsumerCount: stream.consumers.size,
        MaxRecordSizeInKiB: Math.floor(stream.maxRecordBytes / 1024),
      },
    })
  },
}

export const describeLimits: Operation = {
  rate: { perSecond: 1, per: 'account' },
  target: () => ({}),
  run: ({ account }) =>
    answer({
      ShardLimit: account.settings.shardLimit,
      OpenShardCount: account.openShardCount(),
      OnDemandStreamCount: account.streams().filter(stream => stream.mode === 'ON_DEMAND').length,
      OnDemandStreamCountLimit: ON_DEMAND_STREAM_LIMIT,
    }),
}

export const listStreams: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: () => ({}),
  run: ({ account, input }) => {
    const limit = Math.min(input.optionalInteger('Limit', 1, 10_000) ?? DEFAULT_PAGE, DEFAULT_PAGE)
    const token = input.optionalText('NextToken', { max: 1_048_576 })
    const after = input.optionalText('ExclusiveStartStreamName', STREAM_NAME) ?? tokenName(token) ?? ''
    const streams = account.streams().filter(stream => stream.name > after)
    const page = streams.slice(0, limit)
    const more = streams.length > limit
    return answer({
      StreamNames: page.map(stream => stream.name),
      HasMoreStreams: more,
      StreamSummaries: page.map(stream => ({
        StreamName: stream.name,
        StreamARN: stream.arn,
        StreamStatus: stream.status,
        StreamModeDetails: modeOf(stream),
        StreamCreationTimestamp: time(stream.createdMs),
      })),
      NextToken: more ? account.seal.close(Buffer.from(page.at(-1)!.name)) : undefined,
    })

    function tokenName(text: string | undefined): string | undefined {
      if (text === undefined) return undefined
      const name = account.seal.open(text)
      if (name === undefined) throw invalidArgument('NextToken is invalid.')
      return name.toString()
    }
  },
}

export const updateRetention = (direction: 'increase' | 'decrease'): Operation => ({
  rate: { perSecond: 5, per: 'stream' },
  run: call => {
    const stream = streamOf(call)
    const hours = call.input.integer('RetentionPeriodHours', 1)
    const { name, accountId, retentionHours } = stream
    if (hours < 24 || hours > 8760) {
      throw invalidArgument(
        `Retention period of ${hours} hours for stream ${name} under account ${accountId} must be between 24 and 8760 hours.`,
      )
    }
    if (direction === 'increase' ? hours < retentionHours : hours > retentionHours) {
      throw invalidArgument(
        `Requested retention period (${hours} hours) for stream ${name} under account ${accountId} can not be ` +
          `${direction === 'increase' ? 'shorter' : 'longer'} than the existing retention period (${retentionHours} hours).`,
      )
    }
    stream.requireActive()
    stream.retentionHours = hours
    stream.settle(call.account.clock.now())
    return nothing
  },
})
