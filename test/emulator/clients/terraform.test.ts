// The calls that Terraform's `aws_kinesis_stream` and `aws_kinesis_stream_consumer` make, in their order: after each change
// it describes the stream until it is ACTIVE, and it refreshes all settings before the next plan.
import t from 'tap'
import type { Test } from 'tap'

import { emulator, json } from '../harness.ts'
import type { Decoded, ManualEmulator } from '../harness.ts'

const StreamName = 'terraform'
const DELAYS = { createDelayMs: 2000, updateDelayMs: 1000, deleteDelayMs: 3000 }

/** Describes the stream every 500 ms until it is ACTIVE; answers the states that it saw. */
async function settled(kinesis: ManualEmulator): Promise<string[]> {
  const seen: string[] = []
  for (;;) {
    const { StreamStatus } = await summary(kinesis)
    seen.push(StreamStatus)
    if (StreamStatus === 'ACTIVE') return seen
    kinesis.clock.advance(500)
  }
}

async function summary(kinesis: ManualEmulator): Promise<Decoded> {
  return (await json(kinesis, 'DescribeStreamSummary', { StreamName })).StreamDescriptionSummary
}

/** A change, and the wait for it. */
async function change(t: Test, kinesis: ManualEmulator, operation: string, input: object): Promise<void> {
  await json(kinesis, operation, input)
  const states = await settled(kinesis)
  t.same(states, ['UPDATING', 'UPDATING', 'ACTIVE'], operation)
}

t.test('a stream with every argument is created, refreshed, updated and deleted', async t => {
  const kinesis = await emulator(t, { streams: {}, ...DELAYS })
  const StreamARN = kinesis.streamArn(StreamName)
  const provisioned = { StreamModeDetails: { StreamMode: 'PROVISIONED' } }
  const key = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }

  await json(kinesis, 'CreateStream', { StreamName, ShardCount: 2, ...provisioned, Tags: { Environment: 'test' } })
  t.same(await settled(kinesis), ['CREATING', 'CREATING', 'CREATING', 'CREATING', 'ACTIVE'])
  await change(t, kinesis, 'IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 48 })
  const metrics = ['IncomingBytes', 'OutgoingBytes']
  await change(t, kinesis, 'EnableEnhancedMonitoring', { StreamName, ShardLevelMetrics: metrics })
  await change(t, kinesis, 'StartStreamEncryption', { StreamName, ...key })
  t.match(await summary(kinesis), {
    StreamARN,
    ...provisioned,
    RetentionPeriodHours: 48,
    EnhancedMonitoring: [{ ShardLevelMetrics: metrics }],
    OpenShardCount: 2,
    ...key,
  })
  const tags = async () => (await json(kinesis, 'ListTagsForResource', { ResourceARN: StreamARN })).Tags
  t.same(await tags(), [{ Key: 'Environment', Value: 'test' }])

  // Updates, argument by argument.
  await change(t, kinesis, 'UpdateShardCount', { StreamName, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' })
  await change(t, kinesis, 'DecreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 24 })
  await change(t, kinesis, 'DisableEnhancedMonitoring', { StreamName, ShardLevelMetrics: ['OutgoingBytes'] })
  await change(t, kinesis, 'EnableEnhancedMonitoring', { StreamName, ShardLevelMetrics: ['IteratorAgeMilliseconds'] })
  await change(t, kinesis, 'StartStreamEncryption', { StreamName, ...key, KeyId: 'alias/other' })
  await change(t, kinesis, 'StopStreamEncryption', { StreamName, ...key })
  await change(t, kinesis, 'UpdateMaxRecordSize', { StreamARN, MaxRecordSizeInKiB: 4096 })
  await json(kinesis, 'UntagResource', { ResourceARN: StreamARN, TagKeys: ['Environment'] })
  await json(kinesis, 'TagResource', { ResourceARN: StreamARN, Tags: { Owner: 'me' } })
  t.same(await tags(), [{ Key: 'Owner', Value: 'me' }])
  const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
  await change(t, kinesis, 'UpdateStreamMode', { StreamARN, ...onDemand })
  await json(kinesis, 'UpdateStreamMode', { StreamARN, ...onDemand })
  t.same(await settled(kinesis), ['ACTIVE'], 'the mode that the stream has changes nothing')
  await change(t, kinesis, 'UpdateStreamMode', { StreamARN, ...provisioned })
  const refreshed = await summary(kinesis)
  t.match(refreshed, {
    ...provisioned,
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: ['IncomingBytes', 'IteratorAgeMilliseconds'] }],
    OpenShardCount: 4,
    EncryptionType: 'NONE',
    MaxRecordSizeInKiB: 4096,
  })
  t.equal('KeyId' in refreshed, false)

  // A consumer stands in the way of deletion unless enforce_consumer_deletion is set.
  await json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
  await t.rejects(json(kinesis, 'DeleteStream', { StreamName }), { name: 'ResourceInUseException' })
  await json(kinesis, 'DeleteStream', { StreamName, EnforceConsumerDeletion: true })
  t.equal((await summary(kinesis)).StreamStatus, 'DELETING')
  kinesis.clock.advance(3000)
  await t.rejects(summary(kinesis), { name: 'ResourceNotFoundException' })
})

t.test('a stream whose name was deleted is created anew', async t => {
  const kinesis = await emulator(t, { streams: {}, ...DELAYS })
  const input = { StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
  for (let i = 0; i < 2; i++) {
    await json(kinesis, 'CreateStream', input)
    await settled(kinesis)
    await json(kinesis, 'DeleteStream', { StreamName })
    await t.rejects(json(kinesis, 'CreateStream', input), { name: 'ResourceInUseException' })
    kinesis.clock.advance(3000)
  }
})
