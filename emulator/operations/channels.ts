// Operations on channels to Amazon S3: create, describe, list, update and delete. The channels deliver no records.
import { invalidArgument, limitExceeded, resourceInUse, validation } from '../errors.ts'
import { createHash } from 'node:crypto'
import type { WireObject } from '../encoding/wire-value.ts'
import { Channel } from '../store/channel.ts'
import { CHANNEL_LIMIT } from './account-settings.ts'
import { flag, integer, list, optional, readStructure, structure, text } from './channel-shape.ts'
import { STREAM_ARN, STREAM_NAME } from './input.ts'
import type { Input } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing } from './operation.ts'
import { nameOfToken, pageByName } from './page-token.ts'
import { channelOf, streamFilterOf } from './resource.ts'
import { checkTags, setTags } from './tag-set.ts'

const PAGE = 100
const DEFAULT_FRESHNESS_SECONDS = 300

const BUCKET = { BucketARN: text({ max: 2048 }), ExpectedBucketOwner: text({ pattern: /^\d{12}$/ }) }
const DEAD_LETTERS = structure({ ...BUCKET, ErrorOutputPrefix: optional(text({ max: 512 })) })
const FRESHNESS = { DataFreshnessInSeconds: optional(integer(0)) }
const LOGGING = structure({
  CloudWatchLogs: structure({
    Enabled: flag,
    LogGroupName: optional(text({ max: 512 })),
    LogStreamName: optional(text({ max: 512 })),
  }),
})
const S3 = structure({
  ...FRESHNESS,
  DeadLetterQueueS3Configuration: optional(DEAD_LETTERS),
  StorageConfiguration: structure({
    ...BUCKET,
    OutputKeyTemplate: optional(text({ max: 1024 })),
    StorageClass: optional(text({ oneOf: ['STANDARD', 'INTELLIGENT_TIERING', 'GLACIER_IR'] })),
    CompressionType: text({ oneOf: ['NONE', 'GZIP', 'ZSTD'] }),
  }),
})
const TABLE = {
  TableBucketARN: text({ max: 2048 }),
  Namespace: text({ max: 255, pattern: /^[0-9a-z_]+$/ }),
  TableName: text({ max: 255, pattern: /^[0-9a-z_]+$/ }),
  CompressionType: text({ oneOf: ['NONE', 'ZSTD', 'SNAPPY'] }),
  PartitionSpec: optional(
    structure({
      PartitionFields: list(10, { Transform: text({ oneOf: ['TIME_HOUR'] }), SourceName: text({ max: 255 }) }),
    }),
  ),
}
const S3_TABLES = structure({
  ...FRESHNESS,
  DeadLetterQueueS3Configuration: DEAD_LETTERS,
  S3TablesConfigurationList: list(10_000, TABLE),
})
const CONFIGURATION = {
  ServiceExecutionRoleARN: text({ max: 512, pattern: /^arn:aws[-a-z0-9]*:iam::\d{12}:role\/[a-zA-Z_0-9+=,.@\-_/]+$/ }),
  S3DestinationConfiguration: optional(S3),
  S3TablesDestinationConfiguration: optional(S3_TABLES),
  EncryptionConfiguration: optional(
    structure({ EncryptionType: text({ oneOf: ['KMS'] }), KeyId: text({ max: 2048 }) }),
  ),
  LoggingConfiguration: optional(LOGGING),
}
const UPDATE = {
  S3DestinationConfiguration: optional(structure({ DataFreshnessInSeconds: integer(0) })),
  S3TablesDestinationConfiguration: optional(structure({ DataFreshnessInSeconds: integer(0) })),
  LoggingConfiguration: optional(LOGGING),
}
const RECORDS = {
  RecordFormatType: text({ oneOf: ['GSR_JSON', 'JSON', 'STRING', 'BYTE_ARRAY'] }),
  GSRSchemaARN: optional(text({ max: 512 })),
}

const target = (call: Call): { stream: string } => ({ stream: channelOf(call).stream.name })

export const createChannel: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: ({ account, input }) => ({ stream: account.nameOfArn(oneStream(input).text('StreamARN')) }),
  run: ({ account, input }) => {
    const name = input.text('ChannelName', STREAM_NAME)
    const source = oneStream(input)
    const arn = source.text('StreamARN', STREAM_ARN)
    const records = readStructure(source.structure('RecordConfiguration'), RECORDS)
    const configuration = withDefaults(readStructure(input, CONFIGURATION))
    const tags = input.optionalTextMap('Tags', 200) ?? []
    checkTags(`channel ${name}`, [], tags)
    const stream = account.stream(account.nameOfArn(arn))
    const { accountId, createDelayMs, limits } = account.settings
    if (stream.mode !== 'ON_DEMAND') {
      throw invalidArgument(
        `Channels are only supported on on-demand streams; stream ${stream.name} is ${stream.mode}.`,
      )
    }
    stream.requireActive()
    if (account.channels.find(name) !== undefined)
      throw resourceInUse(`Channel ${name} under account ${accountId} already exists.`)
    if (limits && account.channels.all().length >= CHANNEL_LIMIT)
      throw limitExceeded(`Account ${accountId} already has ${CHANNEL_LIMIT} channels, which is its limit.`)
    const id = createHash('sha256').update(`channel ${account.nextSerial()}`).digest('hex').slice(0, 20)
    const channel = new Channel(
      { name, arn: account.arnOf(name, 'channel'), id, stream, createdMs: account.clock.now(), createDelayMs },
      {
        ...configuration,
        StreamConfigurationList: [
          { StreamARN: stream.arn, StreamCreationTimestamp: new Date(stream.createdMs), RecordConfiguration: records },
        ],
      },
    )
    setTags(`channel ${name}`, channel.tags, tags)
    account.channels.add(channel)
    return answer({ ChannelDescription: describe(channel, 'CREATING') })
  },
}

export const describeChannel: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => answer({ ChannelDescription: describe(channelOf(call)) }),
}

export const updateChannel: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => {
    const { account, input } = call
    const update = readStructure(input, UPDATE)
    const channel = channelOf(call)
    const { status } = channel.lifecycle
    if (status !== 'ACTIVE') {
      throw resourceInUse(
        `Channel ${channel.name} under account ${account.settings.accountId} not ACTIVE, instead in state ${status}`,
      )
    }
    const merged: Record<string, WireObject | undefined> = {}
    for (const [member, value] of Object.entries(update) as [string, WireObject | undefined][]) {
      if (value === undefined) continue
      const existing = channel.configuration[member] as WireObject | undefined
      if (existing === undefined && member !== 'LoggingConfiguration')
        throw invalidArgument(`Channel ${channel.name} has no ${member} to update.`)
      merged[member] = { ...existing, ...value }
    }
    channel.lifecycle.update(account.clock.now(), account.settings.updateDelayMs, () => undefined)
    channel.configuration = { ...channel.configuration, ...merged }
    return answer({ ChannelDescription: describe(channel, 'UPDATING') })
  },
}

export const deleteChannel: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => {
    const { lifecycle } = channelOf(call)
    const { clock, settings } = call.account
    if (lifecycle.status !== 'DELETING') lifecycle.delete(clock.now(), settings.deleteDelayMs)
    return nothing
  },
}

export const listChannels: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: () => ({}),
  run: ({ account, input }) => {
    const limit = Math.min(input.optionalInteger('MaxResults', 1, 10_000) ?? PAGE, PAGE)
    const passes = streamFilterOf(input)
    const after = nameOfToken(account, 'ListChannels', input)
    const channels = account.channels.all().filter(channel => passes(channel.stream))
    const { page, nextToken } = pageByName(account, 'ListChannels', channels, after, limit)
    return answer({
      ChannelSummaries: page.map(channel => ({
        ...identity(channel),
        ChannelDestinationType: channel.configuration.S3DestinationConfiguration === undefined ? 'S3_TABLES' : 'S3',
        Streams: [{ StreamARN: channel.stream.arn, StreamCreationTimestamp: new Date(channel.stream.createdMs) }],
      })),
      NextToken: nextToken,
    })
  },
}

/** Returns the entry of StreamConfigurationList. */
function oneStream(input: Input): Input {
  const [source, ...others] = input.structures('StreamConfigurationList', 1, 10_000)
  if (source !== undefined && others.length === 0) return source
  throw invalidArgument('StreamConfigurationList must have exactly one entry: a channel reads from a single stream.')
}

function withDefaults(configuration: WireObject): WireObject {
  const s3 = configuration.S3DestinationConfiguration as WireObject | undefined
  const tables = configuration.S3TablesDestinationConfiguration as WireObject | undefined
  if ((s3 === undefined) === (tables === undefined)) {
    throw validation('s3DestinationConfiguration', 'be given, or S3TablesDestinationConfiguration, but not both')
  }
  const fresh = (destination: WireObject): WireObject => ({
    ...destination,
    DataFreshnessInSeconds: destination.DataFreshnessInSeconds ?? DEFAULT_FRESHNESS_SECONDS,
  })
  const storage = s3?.StorageConfiguration as WireObject | undefined
  return {
    ...configuration,
    S3DestinationConfiguration:
      s3 === undefined
        ? undefined
        : {
            ...fresh(s3),
            // The default for records that can not be delivered is the bucket of the channel, with the prefix `error/`.
            DeadLetterQueueS3Configuration: s3.DeadLetterQueueS3Configuration ?? {
              BucketARN: storage?.BucketARN,
              ExpectedBucketOwner: storage?.ExpectedBucketOwner,
              ErrorOutputPrefix: 'error/',
            },
          },
    S3TablesDestinationConfiguration: tables === undefined ? undefined : fresh(tables),
    LoggingConfiguration: configuration.LoggingConfiguration ?? { CloudWatchLogs: { Enabled: false } },
  }
}

const identity = (channel: Channel, status: string = channel.lifecycle.status): WireObject => ({
  ChannelName: channel.name,
  ChannelARN: channel.arn,
  ChannelId: channel.id,
  ChannelStatus: status,
  ChannelCreationTimestamp: new Date(channel.createdMs),
})

const describe = (channel: Channel, status?: string): WireObject => ({
  ...identity(channel, status),
  ...channel.configuration,
})
