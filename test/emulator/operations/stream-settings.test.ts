import t from 'tap'

import { cbor, emulator, json, shardId } from '../harness.ts'
import type { ManualEmulator } from '../harness.ts'

const StreamName = 'flights'

async function summary(kinesis: ManualEmulator) {
  return (await json(kinesis, 'DescribeStreamSummary', { StreamName })).StreamDescriptionSummary
}

async function setMode(kinesis: ManualEmulator, StreamMode: string, more: object = {}): Promise<unknown> {
  const input = { StreamARN: kinesis.streamArn('flights'), StreamModeDetails: { StreamMode }, ...more }
  return json(kinesis, 'UpdateStreamMode', input)
}

async function commit(kinesis: ManualEmulator, Status = 'ENABLED') {
  return json(kinesis, 'UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status } })
}

t.test(
  'a stream changes its mode and keeps its shards; the mode that it has is accepted and changes nothing',
  async t => {
    const kinesis = await emulator(t, { streams: { flights: 2 }, updateDelayMs: 100 })
    await setMode(kinesis, 'PROVISIONED')
    t.match(await summary(kinesis), { StreamStatus: 'ACTIVE', StreamModeDetails: { StreamMode: 'PROVISIONED' } })
    await setMode(kinesis, 'ON_DEMAND')
    t.match(await summary(kinesis), { StreamStatus: 'UPDATING', StreamModeDetails: { StreamMode: 'PROVISIONED' } })
    await t.rejects(setMode(kinesis, 'PROVISIONED'), { name: 'ResourceInUseException', message: /UPDATING/ })
    kinesis.clock.advance(100)
    t.match(await summary(kinesis), {
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      OpenShardCount: 2,
    })
    const scale = { StreamName, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' }
    await t.rejects(json(kinesis, 'UpdateShardCount', scale), {
      name: 'ValidationException',
      message: /On-Demand mode/,
    })
  },
)

t.test('the mode changes twice in 24 hours', async t => {
  const kinesis = await emulator(t)
  await setMode(kinesis, 'ON_DEMAND')
  await setMode(kinesis, 'ON_DEMAND')
  await setMode(kinesis, 'PROVISIONED')
  await t.rejects(setMode(kinesis, 'ON_DEMAND'), { name: 'LimitExceededException' })
  kinesis.clock.advance(86_400_000)
  await t.resolves(setMode(kinesis, 'ON_DEMAND'))
})

t.test('what is wrong with a change of mode is named', async t => {
  const kinesis = await emulator(t)
  const StreamARN = kinesis.streamArn('flights')
  const StreamModeDetails = { StreamMode: 'ON_DEMAND' }
  for (const [input, name, message] of [
    [{ StreamARN }, 'ValidationException', /streamModeDetails/],
    [{ StreamModeDetails }, 'ValidationException', /streamARN/],
    [{ StreamARN, StreamModeDetails: {} }, 'ValidationException', /streamModeDetails\.streamMode/],
    [{ StreamARN, StreamModeDetails: { StreamMode: 'FAST' } }, 'ValidationException', /enum value set/],
    [{ StreamARN, StreamModeDetails: 'ON_DEMAND' }, 'SerializationException', /StreamModeDetails/],
    [{ StreamARN: kinesis.streamArn('none'), StreamModeDetails }, 'ResourceNotFoundException', /none/],
  ] as const) {
    await t.rejects(json(kinesis, 'UpdateStreamMode', input), { name, message })
    kinesis.clock.advance(1000)
  }
})

t.test('the largest record is changed within 1 and 10 MiB', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 100, limits: false })
  const StreamARN = kinesis.streamArn('flights')
  const record = { StreamName, Data: Buffer.alloc(1_500_000).toString('base64'), PartitionKey: 'k' }
  await t.rejects(json(kinesis, 'PutRecord', record), { name: 'InvalidArgumentException' })
  for (const MaxRecordSizeInKiB of [1023, 10_241, undefined]) {
    const input = { StreamARN, MaxRecordSizeInKiB }
    await t.rejects(json(kinesis, 'UpdateMaxRecordSize', input), { name: 'ValidationException' })
  }
  await json(kinesis, 'UpdateMaxRecordSize', { StreamARN, MaxRecordSizeInKiB: 2048 })
  t.match(await summary(kinesis), { StreamStatus: 'UPDATING', MaxRecordSizeInKiB: 1024 })
  kinesis.clock.advance(100)
  t.match(await summary(kinesis), { StreamStatus: 'ACTIVE', MaxRecordSizeInKiB: 2048 })
  await t.resolves(json(kinesis, 'PutRecord', record))
})

t.test('a change of retention takes effect when the stream is ACTIVE again', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 100 })
  await json(kinesis, 'IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 48 })
  t.match(await summary(kinesis), { StreamStatus: 'UPDATING', RetentionPeriodHours: 24 })
  kinesis.clock.advance(100)
  t.match(await summary(kinesis), { StreamStatus: 'ACTIVE', RetentionPeriodHours: 48 })
})

t.test('warm throughput needs an on-demand stream and the billing commitment, and opens shards', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 100, limits: false })
  const warm = async (WarmThroughputMiBps: number) =>
    json(kinesis, 'UpdateStreamWarmThroughput', { StreamName, WarmThroughputMiBps })
  await t.rejects(warm(8), { name: 'InvalidArgumentException', message: /on-demand/ })
  await setMode(kinesis, 'ON_DEMAND')
  kinesis.clock.advance(100)
  await t.rejects(warm(8), { name: 'InvalidArgumentException', message: /MinimumThroughputBillingCommitment/ })
  t.equal((await summary(kinesis)).WarmThroughput, undefined)
  await commit(kinesis)
  await t.rejects(warm(10_241), { name: 'LimitExceededException' })
  t.same(await warm(8), {
    StreamARN: kinesis.streamArn('flights'),
    StreamName,
    WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 4 },
  })
  t.match(await summary(kinesis), {
    StreamStatus: 'UPDATING',
    OpenShardCount: 1,
    WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 4 },
  })
  kinesis.clock.advance(100)
  t.match(await summary(kinesis), { OpenShardCount: 8, WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 8 } })
})

t.test('a change to on-demand takes warm throughput along', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 100 })
  await commit(kinesis)
  await setMode(kinesis, 'ON_DEMAND', { WarmThroughputMiBps: 5 })
  kinesis.clock.advance(100)
  t.match(await summary(kinesis), { StreamModeDetails: { StreamMode: 'ON_DEMAND' }, OpenShardCount: 5 })
  await t.rejects(setMode(kinesis, 'PROVISIONED', { WarmThroughputMiBps: 5 }), { name: 'InvalidArgumentException' })
})

t.test('an on-demand stream that spreads its records ignores keys and needs none', async t => {
  const kinesis = await emulator(t, { streams: { flights: 2 }, limits: false })
  const StreamARN = kinesis.streamArn('flights')
  const strategy = async (RecordDistributionStrategy: string) =>
    json(kinesis, 'UpdateStreamRecordDistributionStrategy', { StreamARN, RecordDistributionStrategy })
  await t.rejects(strategy('AUTO'), { name: 'InvalidArgumentException', message: /on-demand/ })
  await setMode(kinesis, 'ON_DEMAND')
  await strategy('AUTO')
  t.equal((await summary(kinesis)).RecordDistributionStrategy, 'AUTO')
  const Records = [{ Data: Buffer.of(1) }, { Data: Buffer.of(2), PartitionKey: 'k', ExplicitHashKey: '0' }]
  for (const put of [cbor, json]) {
    const records = put === cbor ? Records : Records.map(r => ({ ...r, Data: r.Data.toString('base64') }))
    const output = await put(kinesis, 'PutRecords', { StreamName, Records: [...records, ...records] })
    t.same(
      output.Records.map((record: { ShardId: string }) => record.ShardId),
      [shardId(0), shardId(1), shardId(0), shardId(1)],
    )
  }
  for (const get of [cbor, json]) {
    for (const [shard, key] of [
      [0, undefined],
      [1, 'k'],
    ] as const) {
      const iterator = { StreamName, ShardId: shardId(shard), ShardIteratorType: 'TRIM_HORIZON' }
      const { ShardIterator } = await json(kinesis, 'GetShardIterator', iterator)
      const { Records: read } = await get(kinesis, 'GetRecords', { ShardIterator })
      t.equal(read.length, 4)
      for (const record of read) {
        t.equal(record.PartitionKey, key)
        t.equal('PartitionKey' in record, key !== undefined)
        t.same(get === cbor ? Buffer.from(record.Data) : Buffer.from(record.Data, 'base64'), Buffer.of(shard + 1))
      }
    }
  }
  await strategy('USER_PARTITION_KEY')
  await t.rejects(json(kinesis, 'PutRecords', { StreamName, Records: [{ Data: 'AA==' }] }), {
    name: 'ValidationException',
    message: /records\.1\.member\.partitionKey/,
  })
  await t.rejects(json(kinesis, 'PutRecord', { StreamName, Data: 'AA==' }), {
    name: 'ValidationException',
    message: /'partitionKey'/,
  })
})

t.test('CreateStream takes all settings, or creates nothing', async t => {
  const kinesis = await emulator(t, { limits: false })
  const create = async (more: object) => json(kinesis, 'CreateStream', { StreamName: 'trains', ...more })
  const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
  for (const more of [
    { ShardCount: 1, WarmThroughputMiBps: 8 },
    { ShardCount: 1, RecordDistributionStrategy: 'AUTO' },
    { ...onDemand, WarmThroughputMiBps: 8 },
    { ShardCount: 1, Tags: { 'aws:x': 'y' } },
  ]) {
    await t.rejects(create(more), { name: 'InvalidArgumentException' })
    t.same((await json(kinesis, 'ListStreams', {})).StreamNames, ['flights'])
  }
  await commit(kinesis)
  await create({ ...onDemand, WarmThroughputMiBps: 8, RecordDistributionStrategy: 'AUTO', MaxRecordSizeInKiB: 2048 })
  const { StreamDescriptionSummary: trains } = await json(kinesis, 'DescribeStreamSummary', { StreamName: 'trains' })
  t.match(trains, {
    OpenShardCount: 8,
    MaxRecordSizeInKiB: 2048,
    RecordDistributionStrategy: 'AUTO',
    WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 8 },
  })
})

t.test('the account has at most 50 on-demand streams', async t => {
  const kinesis = await emulator(t, { streams: {} })
  for (let i = 0; i < 51; i++) {
    kinesis.clock.advance(1000)
    const input = { StreamName: `s${i}`, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
    if (i < 50) await json(kinesis, 'CreateStream', input)
    else await t.rejects(json(kinesis, 'CreateStream', input), { name: 'LimitExceededException' })
  }
})

t.test('the billing commitment lasts for 24 hours at least', async t => {
  const kinesis = await emulator(t)
  const status = async () => (await json(kinesis, 'DescribeAccountSettings', {})).MinimumThroughputBillingCommitment
  t.same(await status(), { Status: 'DISABLED' })
  const startedS = kinesis.clock.now() / 1000
  const enabled = { Status: 'ENABLED', StartedAt: startedS, EarliestAllowedEndAt: startedS + 86_400 }
  t.same((await commit(kinesis)).MinimumThroughputBillingCommitment, enabled)
  kinesis.clock.advance(3_600_000)
  t.match(await commit(kinesis, 'DISABLED'), {
    MinimumThroughputBillingCommitment: { Status: 'ENABLED_UNTIL_EARLIEST_ALLOWED_END' },
  })
  kinesis.clock.advance(23 * 3_600_000)
  t.same(await status(), { Status: 'DISABLED', StartedAt: startedS, EndedAt: startedS + 86_400 })
  await t.rejects(commit(kinesis, 'MAYBE'), { name: 'ValidationException' })
  await t.rejects(json(kinesis, 'UpdateAccountSettings', {}), { name: 'ValidationException' })
})
