// Requests that no client should send: whatever they hold, they are answered in the service's shape, and never with a
// failure of the emulator.
import fc from 'fast-check'
import t from 'tap'

import { VirtualClock } from '../../../emulator/index.ts'
import { operations } from '../../../emulator/operations/operations.ts'
import type { ManualEmulator, RawResponse } from '../harness.ts'
import { decodeCborg, emulator, encodeCborg, json, raw, shardId, target } from '../harness.ts'

const SEED = 20_131_202
const JSON_TYPE = 'application/x-amz-json-1.1'
const CBOR_TYPE = 'application/x-amz-cbor-1.1'

/** Members that most requests have to leave out to be right. */
const RARE = new Set(['NextToken', 'DryRun', 'Timestamp', 'StartingSequenceNumber', 'StreamCreationTimestamp'])

/** Every member that an operation takes, each with a right value and some that come close. */
function members(kinesis: ManualEmulator, made: Readonly<Record<string, string>>): fc.Arbitrary<object> {
  const stream = kinesis.streamArn('flights')
  const records = fc.record(
    { Data: fc.constantFrom<unknown>('AA==', '*', 1, null), PartitionKey: fc.constantFrom<unknown>('k', '', 1, null) },
    { requiredKeys: [] },
  )
  const likely: Record<string, unknown[]> = {
    StreamName: ['flights', 'none', 'a b', ''],
    StreamARN: [stream, `${stream}x`, 'arn:aws:kinesis:us-east-1:000000000000:stream/'],
    ConsumerARN: [made.consumer, `${stream}/consumer/x:1`],
    ConsumerName: ['app', 'other'],
    QueueARN: [made.queue, `${made.queue!}x`],
    ChannelARN: [made.channel],
    ResourceARN: [stream, made.consumer, made.queue, made.channel, `${stream}/x`],
    QueueName: ['work', 'more'],
    ChannelName: ['archive'],
    ShardId: [shardId(0), shardId(99), 'x'],
    ShardToSplit: [shardId(0)],
    ShardToMerge: [shardId(0)],
    AdjacentShardToMerge: [shardId(1)],
    NewStartingHashKey: ['1000', '0', '-1', '9'.repeat(39)],
    ShardIteratorType: ['LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'X'],
    StartingSequenceNumber: ['0', '9'.repeat(128), 'x'],
    SequenceNumberForOrdering: ['0', 'x'],
    ShardIterator: [made.iterator, made.token, 'AAAA'],
    NextToken: [made.iterator, made.token, 'AAAA'],
    Timestamp: [1_735_689_600, -1, 1e300, 'yesterday'],
    StreamCreationTimestamp: [1_735_689_600, 1e300],
    Limit: [1, 0, -1, 1.5, 1e10],
    MaxResults: [1, 0, 1e10],
    ShardCount: [1, 0, 1e10],
    TargetShardCount: [2, 0, 1e10],
    ScalingType: ['UNIFORM_SCALING', 'X'],
    RetentionPeriodHours: [24, 48, -1, 1e10],
    StreamModeDetails: [{ StreamMode: 'ON_DEMAND' }, { StreamMode: 1 }, {}],
    EncryptionType: ['KMS', 'NONE', 'X'],
    KeyId: ['alias/aws/kinesis', 'x'],
    ShardLevelMetrics: [['ALL'], ['X'], [1], []],
    Tags: [{ a: 'b' }, { a: 1 }, { 'aws:a': 'b' }, {}],
    TagKeys: [['a'], [1], []],
    Policy: ['{"Statement":[]}', '{', '[]'],
    MaxRecordSizeInKiB: [1024, 0],
    WarmThroughputMiBps: [4, 1e10],
    RecordDistributionStrategy: ['AUTO', 'X'],
    MinimumThroughputBillingCommitment: [{ Status: 'ENABLED' }, { Status: 'X' }],
    StartingPosition: [{ Type: 'LATEST' }, { Type: 'AT_TIMESTAMP' }, {}],
    ShardFilter: [{ Type: 'AT_LATEST' }, { Type: 'AT_TIMESTAMP', Timestamp: 1e300 }, {}],
    StreamFilter: [[{ StreamARN: stream }], [1]],
    StreamConfigurationList: [[{ StreamARN: stream }], [{}], [1], []],
    QueueAttributes: [{ VisibilityTimeoutSeconds: 0 }, { DeadLetterConfiguration: { TargetType: 'BUILT_IN' } }],
    Entries: [[{ ReceiptHandle: made.token, VisibilityTimeoutSeconds: 0 }], [{ ReceiptHandle: 'x' }], [1], []],
    WaitTimeSeconds: [1, 0],
    VisibilityTimeoutSeconds: [0, 1e10],
    S3DestinationConfiguration: [{ StorageConfiguration: {} }, { DataFreshnessInSeconds: 60 }],
    ServiceExecutionRoleARN: ['arn:aws:iam::000000000000:role/x', 'x'],
    Data: ['AA==', '*', 'A'],
    PartitionKey: ['k', '', 'k'.repeat(257)],
    ExplicitHashKey: ['0', 'x', '9'.repeat(39)],
    EnforceConsumerDeletion: [true, 'yes'],
    DryRun: [true, 1],
    __proto__x: [1],
  }
  const shapes = Object.entries(likely).map(([name, values]) => {
    const wrong = fc.oneof(fc.constantFrom(...values), fc.jsonValue({ maxDepth: 2 }))
    const value = fc.oneof(
      { weight: RARE.has(name) ? 1 : 12, arbitrary: fc.constant(values[0]) },
      { weight: 2, arbitrary: wrong },
      { weight: RARE.has(name) ? 12 : 2, arbitrary: fc.constant(undefined) },
    )
    return [name, value] as const
  })
  const lists = fc.oneof(fc.array(records, { maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }))
  return fc.record({ ...Object.fromEntries(shapes), Records: lists }).map(all => {
    // Absent members, and undefined ones, are not the same in CBOR.
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  })
}

async function fixture(t: Parameters<typeof emulator>[0]): Promise<[ManualEmulator, Record<string, string>]> {
  const kinesis = await emulator(t, { streams: { flights: 2, trains: 1 }, limits: false, shardLimit: 100 })
  const StreamARN = kinesis.streamArn('flights')
  await json(kinesis, 'UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  const { Consumer } = await json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
  const queue = { QueueName: 'work', StreamConfigurationList: [{ StreamARN }] }
  const { QueueDescription } = await json(kinesis, 'CreateQueue', queue)
  const { ChannelDescription } = await json(kinesis, 'CreateChannel', {
    ChannelName: 'archive',
    ServiceExecutionRoleARN: 'arn:aws:iam::000000000000:role/x',
    StreamConfigurationList: [{ StreamARN, RecordConfiguration: { RecordFormatType: 'JSON' } }],
    S3DestinationConfiguration: {
      StorageConfiguration: {
        BucketARN: 'arn:aws:s3:::x',
        ExpectedBucketOwner: '000000000000',
        CompressionType: 'NONE',
      },
    },
  })
  const position = { StreamARN, ShardId: shardId(0), ShardIteratorType: 'LATEST' }
  return [
    kinesis,
    {
      consumer: Consumer.ConsumerARN,
      queue: QueueDescription.QueueARN,
      channel: ChannelDescription.ChannelARN,
      iterator: (await json(kinesis, 'GetShardIterator', position)).ShardIterator,
      token: (await json(kinesis, 'ListStreams', { Limit: 1 })).NextToken,
    },
  ]
}

/** Sends the body, and lets time pass until it is answered: some calls wait, and subscriptions last five minutes. */
async function ask(kinesis: ManualEmulator, type: string, operation: string, body: Buffer): Promise<RawResponse> {
  const { clock } = kinesis
  if (!(clock instanceof VirtualClock)) throw new Error('These tests need a virtual clock')
  const timer = setInterval(() => clock.advance(30_000), 5)
  try {
    return await raw(kinesis, { 'content-type': type, 'x-amz-target': target(operation) }, body)
  } finally {
    clearInterval(timer)
  }
}

/** Throws unless the answer is a result or the service's error, in the encoding of the request. */
function check({ status, headers, body }: RawResponse, type: string): void {
  if (status === 200) return
  const error = type === CBOR_TYPE ? decodeCborg(body) : JSON.parse(body.toString())
  if (status !== 400 || headers['content-type'] !== type) throw new Error(`${status}: ${JSON.stringify(error)}`)
  const { __type: name, message } = error as { __type: unknown; message: unknown }
  if (typeof name !== 'string' || !/^[A-Z]\w+$/.test(name) || headers['x-amzn-errortype'] !== name)
    throw new Error(`No error name: ${JSON.stringify(error)}`)
  if (typeof message !== 'string' || message === '' || /\bundefined\b|\[object|TypeError|\n/.test(message))
    throw new Error(`No message for a client: ${JSON.stringify(error)}`)
}

t.test('whatever members a request has, it is answered in the service’s shape', async t => {
  const [kinesis, made] = await fixture(t)
  const succeeded = new Set<string>()
  const run = async (names: readonly string[], numRuns: number): Promise<void> => {
    const request = fc.record({
      operation: fc.constantFrom(...names),
      type: fc.constantFrom(JSON_TYPE, CBOR_TYPE),
      input: members(kinesis, made),
    })
    const property = fc.asyncProperty(request, async ({ operation, type, input }) => {
      const body = type === CBOR_TYPE ? encodeCborg(input) : Buffer.from(JSON.stringify(input))
      const answer = await ask(kinesis, type, operation, body)
      if (answer.status === 200) succeeded.add(operation)
      check(answer, type)
    })
    await fc.assert(property, { seed: SEED, numRuns })
  }
  const all = [...operations.keys()]
  const deleting = all.filter(name => /^(Delete|Deregister)/.test(name))
  await run(
    all.filter(name => !deleting.includes(name)),
    2000,
  )
  // The requests come close enough to being right: most operations have succeeded.
  t.ok(succeeded.size > 35, [...succeeded].join(' '))
  await run(deleting, 100)
})

t.test('whatever bytes a body has, it is answered in the service’s shape', async t => {
  const [kinesis] = await fixture(t)
  const good = { StreamName: 'flights', Records: [{ Data: Buffer.from('data'), PartitionKey: 'k' }], Limit: 1.5 }
  const damage = (body: Buffer): fc.Arbitrary<Buffer> =>
    fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { maxLength: 4 }).chain(changes =>
      fc.nat(body.length).map(end => {
        const damaged = Buffer.from(body)
        for (const [at, byte] of changes) damaged[at] = byte
        return end % 3 === 0 ? damaged.subarray(0, end) : damaged
      }),
    )
  const bodies = fc.oneof(
    damage(encodeCborg(good)),
    damage(Buffer.from(JSON.stringify({ ...good, Records: [{ Data: 'AA==', PartitionKey: 'k' }] }))),
    fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
    fc.constantFrom('', '[]', 'null', '[[[['.repeat(5000), '{"a":'.repeat(5000)).map(text => Buffer.from(text)),
    fc.constantFrom(0x81, 0xa1, 0xc1, 0xd8).map(byte => Buffer.alloc(5000, byte)),
  )
  const request = fc.record({
    operation: fc.constantFrom('PutRecords', 'PutRecord', 'ListStreams', 'DescribeStream', 'CreateStream'),
    type: fc.constantFrom(JSON_TYPE, CBOR_TYPE),
    body: bodies,
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, type, body }) => {
      check(await ask(kinesis, type, operation, body), type)
    }),
    { seed: SEED, numRuns: 1500 },
  )
})
