// Operations on streams: create, delete, describe and list.
import { invalidArgument, resourceInUse } from '../errors.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Stream } from '../store/stream.ts'
import { SHARD_ID, STREAM_NAME } from './input.ts'
import type { Operation } from './operation.ts'
import { answer, encryptionOf, nothing, streamOf } from './operation.ts'
import { nameOfToken, pageByName } from './page-token.ts'
import { describeShard } from './shards.ts'
import {
  checkStrategy,
  checkWarm,
  MODES,
  modeOf,
  requireOnDemandStreams,
  STRATEGIES,
  strategyOf,
} from './stream-settings.ts'
import { checkTags, setTags } from './tag-set.ts'

const ON_DEMAND_SHARDS = 4
const DEFAULT_PAGE = 100

export const createStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: ({ input }) => ({ stream: input.optionalText('StreamName') }),
  run: ({ account, input }) => {
    const name = input.text('StreamName', STREAM_NAME)
    const mode = modeOf(input.optionalStructure('StreamModeDetails')?.text('StreamMode', { oneOf: MODES }) ?? '')
    const shardCount = input.optionalInteger('ShardCount', 1)
    const recordKib = input.optionalInteger('MaxRecordSizeInKiB', 1024, 10_240)
    const warmMiBps = input.optionalInteger('WarmThroughputMiBps', 0)
    const strategy = input.optionalText('RecordDistributionStrategy', { oneOf: STRATEGIES })
    const tags = input.optionalTextMap('Tags', 200) ?? []
    checkTags(`stream ${name}`, [], tags)
    if (strategy !== undefined) checkStrategy(name, mode)
    if (warmMiBps !== undefined) checkWarm(account, name, mode, warmMiBps, 0)
    if (mode === 'ON_DEMAND') {
      if (shardCount !== undefined) throw invalidArgument('ShardCount cannot be specified with StreamMode ON_DEMAND.')
      requireOnDemandStreams(account)
    } else if (shardCount === undefined) {
      throw invalidArgument('ShardCount must be specified with StreamMode PROVISIONED.')
    }
    const stream = account.create(name, {
      shardCount: shardCount ?? Math.max(ON_DEMAND_SHARDS, warmMiBps ?? 0),
      mode,
      ...(recordKib === undefined ? {} : { maxRecordBytes: recordKib * 1024 }),
    })
    if (strategy !== undefined) stream.distribution = strategyOf(strategy)
    if (warmMiBps !== undefined) stream.warmThroughput = { targetMiBps: warmMiBps, currentMiBps: warmMiBps }
    setTags(`stream ${name}`, stream.tags, tags)
    return nothing
  },
}

export const deleteStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const { account, input } = call
    const withConsumers = input.flag('EnforceConsumerDeletion')
    const stream = streamOf(call)
    const { name, accountId } = stream
    if (stream.status === 'DELETING') {
      throw resourceInUse(`Stream ${name} under account ${accountId} is already in state DELETING.`)
    }
    if (stream.consumers.size > 0 && !withConsumers) {
      throw resourceInUse(
        `Stream ${name} under account ${accountId} still has registered consumers. ` +
          'Deregister them or set EnforceConsumerDeletion.',
      )
    }
    if (account.queuesOf(stream).length > 0 || account.channelsOf(stream).length > 0) {
      throw resourceInUse(`Stream ${name} under account ${accountId} still has queues or channels. Delete them first.`)
    }
    stream.delete(account.clock.now(), account.settings.deleteDelayMs)
    return nothing
  },
}

export const describeStream: Operation = {
  rate: { perSecond: 10, per: 'account' },
  run: call => {
    const limit = Math.min(call.input.optionalInteger('Limit', 1, 10_000) ?? DEFAULT_PAGE, DEFAULT_PAGE)
    const after = call.input.optionalText('ExclusiveStartShardId', SHARD_ID) ?? ''
    const stream = streamOf(call)
    const shards = stream.shards().filter(shard => shard.id > after)
    return answer({
      StreamDescription: {
        ...description(stream),
        Shards: shards.slice(0, limit).map(describeShard),
        HasMoreShards: shards.length > limit,
      },
    })
  },
}

export const describeStreamSummary: Operation = {
  rate: { perSecond: 20, per: 'account' },
  run: call => {
    const { account } = call
    const stream = streamOf(call)
    const onDemand = stream.mode === 'ON_DEMAND'
    const { targetMiBps, currentMiBps } = stream.warmThroughput
    const committed = account.commitment.status(account.clock.now()) !== 'DISABLED'
    return answer({
      StreamDescriptionSummary: {
        ...description(stream),
        OpenShardCount: stream.openShards().length,
        ConsumerCount: stream.consumers.size,
        WarmThroughput: onDemand && committed ? { TargetMiBps: targetMiBps, CurrentMiBps: currentMiBps } : undefined,
        MaxRecordSizeInKiB: Math.floor(stream.maxRecordBytes / 1024),
        ChannelCount: account.channelsOf(stream).length,
        QueueCount: account.queuesOf(stream).length,
        RecordDistributionStrategy: onDemand ? stream.distribution : undefined,
      },
    })
  },
}

const description = (stream: Stream): WireObject => ({
  StreamName: stream.name,
  StreamARN: stream.arn,
  StreamStatus: stream.status,
  StreamModeDetails: { StreamMode: stream.mode },
  RetentionPeriodHours: stream.retentionHours,
  StreamCreationTimestamp: new Date(stream.createdMs),
  EnhancedMonitoring: [{ ShardLevelMetrics: stream.shardLevelMetrics }],
  EncryptionType: encryptionOf(stream),
  KeyId: stream.encryptionKeyId,
})

export const listStreams: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: () => ({}),
  run: ({ account, input }) => {
    const limit = Math.min(input.optionalInteger('Limit', 1, 10_000) ?? DEFAULT_PAGE, DEFAULT_PAGE)
    const tokenName = nameOfToken(account, 'ListStreams', input)
    const after = input.optionalText('ExclusiveStartStreamName', STREAM_NAME) ?? tokenName
    const { page, nextToken } = pageByName(account, 'ListStreams', account.streams(), after, limit)
    return answer({
      StreamNames: page.map(stream => stream.name),
      HasMoreStreams: nextToken !== undefined,
      StreamSummaries: page.map(stream => ({
        StreamName: stream.name,
        StreamARN: stream.arn,
        StreamStatus: stream.status,
        StreamModeDetails: { StreamMode: stream.mode },
        StreamCreationTimestamp: new Date(stream.createdMs),
      })),
      NextToken: nextToken,
    })
  },
}
