import t from 'tap'

import { emulator, json } from '../harness.ts'
import type { ManualEmulator } from '../harness.ts'

const ServiceExecutionRoleARN = 'arn:aws:iam::000000000000:role/delivery'
const BUCKET = { BucketARN: 'arn:aws:s3:::archive', ExpectedBucketOwner: '000000000000' }
const S3 = { StorageConfiguration: { ...BUCKET, CompressionType: 'GZIP' } }
const TABLE = {
  TableBucketARN: 'arn:aws:s3tables:us-east-1:000000000000:bucket/lake',
  Namespace: 'airport',
  TableName: 'flights',
  CompressionType: 'ZSTD',
  PartitionSpec: { PartitionFields: [{ Transform: 'TIME_HOUR', SourceName: 'at' }] },
}
const TABLES = { DeadLetterQueueS3Configuration: BUCKET, S3TablesConfigurationList: [TABLE] }

async function onDemand(kinesis: ManualEmulator): Promise<string> {
  const StreamARN = kinesis.streamArn('flights')
  await json(kinesis, 'UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  return StreamARN
}

const channel = (StreamARN: string, more: object = {}): object => ({
  ChannelName: 'archive',
  ServiceExecutionRoleARN,
  StreamConfigurationList: [{ StreamARN, RecordConfiguration: { RecordFormatType: 'JSON' } }],
  S3DestinationConfiguration: S3,
  ...more,
})

t.test('a channel is CREATING, UPDATING and DELETING for as long as told', async t => {
  const kinesis = await emulator(t, { limits: false, createDelayMs: 100, updateDelayMs: 200, deleteDelayMs: 300 })
  kinesis.clock.advance(100)
  const StreamARN = await onDemand(kinesis)
  kinesis.clock.advance(200)
  const { ChannelDescription: made } = await json(kinesis, 'CreateChannel', channel(StreamARN, { Tags: { a: 'b' } }))
  const { ChannelARN } = made
  const describe = async () => (await json(kinesis, 'DescribeChannel', { ChannelARN })).ChannelDescription
  t.match(await describe(), {
    ChannelStatus: 'CREATING',
    ChannelName: 'archive',
    ChannelCreationTimestamp: kinesis.clock.now() / 1000,
    ServiceExecutionRoleARN,
    StreamConfigurationList: [{ StreamARN, RecordConfiguration: { RecordFormatType: 'JSON' } }],
    S3DestinationConfiguration: { ...S3, DataFreshnessInSeconds: 300, DeadLetterQueueS3Configuration: BUCKET },
    LoggingConfiguration: { CloudWatchLogs: { Enabled: false } },
  })
  kinesis.clock.advance(100)
  const update = { ChannelARN, S3DestinationConfiguration: { DataFreshnessInSeconds: 60 } }
  t.match((await json(kinesis, 'UpdateChannel', update)).ChannelDescription, { ChannelStatus: 'UPDATING' })
  t.match(await describe(), { ChannelStatus: 'UPDATING', S3DestinationConfiguration: { DataFreshnessInSeconds: 60 } })
  await t.rejects(json(kinesis, 'UpdateChannel', update), { name: 'ResourceInUseException' })
  kinesis.clock.advance(200)
  t.match(await describe(), { ChannelStatus: 'ACTIVE', S3DestinationConfiguration: S3 })
  t.same((await json(kinesis, 'ListTagsForResource', { ResourceARN: ChannelARN })).Tags, [{ Key: 'a', Value: 'b' }])
  const policy = { ResourceARN: ChannelARN }
  await t.rejects(json(kinesis, 'GetResourcePolicy', policy), { name: 'InvalidArgumentException' })
  await t.rejects(json(kinesis, 'DeleteStream', { StreamARN }), { name: 'ResourceInUseException' })
  t.equal((await json(kinesis, 'DescribeLimits', {})).ChannelCount, 1)
  await json(kinesis, 'DeleteChannel', { ChannelARN })
  t.match(await describe(), { ChannelStatus: 'DELETING' })
  kinesis.clock.advance(300)
  await t.rejects(describe(), { name: 'ResourceNotFoundException' })
})

t.test('channels are listed by page and by stream', async t => {
  const kinesis = await emulator(t, { limits: false })
  const StreamARN = await onDemand(kinesis)
  await json(kinesis, 'CreateChannel', channel(StreamARN))
  const lake = { ChannelName: 'lake', S3DestinationConfiguration: undefined, S3TablesDestinationConfiguration: TABLES }
  const { ChannelDescription } = await json(kinesis, 'CreateChannel', channel(StreamARN, lake))
  t.match(ChannelDescription.S3TablesDestinationConfiguration, { ...TABLES, DataFreshnessInSeconds: 300 })
  const first = await json(kinesis, 'ListChannels', { MaxResults: 1 })
  t.match(first.ChannelSummaries, [{ ChannelName: 'archive', ChannelDestinationType: 'S3' }])
  const { NextToken } = first
  t.match((await json(kinesis, 'ListChannels', { NextToken })).ChannelSummaries, [
    { ChannelName: 'lake', ChannelDestinationType: 'S3_TABLES', Streams: [{ StreamARN }] },
  ])
  const of = async (filter: object) =>
    (await json(kinesis, 'ListChannels', { StreamFilter: [filter] })).ChannelSummaries
  t.equal((await of({ StreamARN, StreamCreationTimestamp: kinesis.clock.now() / 1000 })).length, 2)
  t.same(await of({ StreamARN, StreamCreationTimestamp: 1 }), [])
  t.same(await of({ StreamARN: kinesis.streamArn('none') }), [])
})

t.test('what is wrong with a channel is named', async t => {
  const kinesis = await emulator(t, { limits: false })
  const StreamARN = kinesis.streamArn('flights')
  const create = async (more: object) => json(kinesis, 'CreateChannel', channel(StreamARN, more))
  await t.rejects(create({}), { name: 'InvalidArgumentException', message: /on-demand/ })
  await onDemand(kinesis)
  for (const [more, name, message] of [
    [{ ServiceExecutionRoleARN: 'me' }, 'ValidationException', /serviceExecutionRoleARN/],
    [{ S3DestinationConfiguration: undefined }, 'ValidationException', /s3DestinationConfiguration/],
    [{ S3TablesDestinationConfiguration: TABLES }, 'ValidationException', /not both/],
    [{ S3DestinationConfiguration: {} }, 'ValidationException', /s3DestinationConfiguration\.storageConfiguration/],
    [
      { S3DestinationConfiguration: { StorageConfiguration: { ...S3.StorageConfiguration, CompressionType: 'ZIP' } } },
      'ValidationException',
      /storageConfiguration\.compressionType/,
    ],
    [{ StreamConfigurationList: [{ StreamARN }] }, 'ValidationException', /recordConfiguration/],
    [{ StreamConfigurationList: 'flights' }, 'SerializationException', /StreamConfigurationList/],
    [{ EncryptionConfiguration: { EncryptionType: 'NONE' } }, 'ValidationException', /encryptionType/],
  ] as const) {
    await t.rejects(create(more), { name, message })
  }
  await create({})
  await t.rejects(create({}), { name: 'ResourceInUseException' })
  const ChannelARN = StreamARN.replace('stream/flights', 'channel/archive')
  const tables = { ChannelARN, S3TablesDestinationConfiguration: { DataFreshnessInSeconds: 1 } }
  await t.rejects(json(kinesis, 'UpdateChannel', tables), { name: 'InvalidArgumentException' })
})
