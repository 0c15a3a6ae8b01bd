import t from 'tap'

import type { EmulatorOptions } from '../../../emulator/index.ts'
import { KinesisEmulator, VirtualClock } from '../../../emulator/index.ts'
import type { Decoded } from '../harness.ts'

const StreamName = 'flights'

interface Fixture {
  readonly kinesis: KinesisEmulator
  readonly clock: VirtualClock
  readonly QueueARN: string
  readonly ask: (operation: string, input?: object) => Promise<Decoded>
}

/** A queue `work` on the on-demand stream `flights`, without sockets. */
async function made(options: EmulatorOptions = {}, queue: object = {}, start?: object): Promise<Fixture> {
  const clock = new VirtualClock()
  const kinesis = KinesisEmulator.inProcess({ streams: { flights: 1 }, clock, limits: false, ...options })
  const StreamARN = kinesis.streamArn(StreamName)
  await kinesis.call('UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  clock.advance(options.updateDelayMs ?? 0)
  const { QueueDescription } = (await kinesis.call('CreateQueue', {
    QueueName: 'work',
    StreamConfigurationList: [{ StreamARN, StartingPosition: start as never }],
    ...queue,
  })) as Decoded
  const { QueueARN } = QueueDescription
  return { kinesis, clock, QueueARN, ask: async (operation, input) => kinesis.call(operation, { QueueARN, ...input }) }
}

const put = (kinesis: KinesisEmulator, ...texts: string[]): unknown =>
  kinesis.put(
    StreamName,
    texts.map(data => ({ data, partitionKey: 'k' })),
  )

const dataOf = ({ QueueRecords }: Decoded): string[] => QueueRecords.map((record: Decoded) => String(record.Data))

const handles = ({ QueueRecords }: Decoded): object[] =>
  QueueRecords.map(({ ReceiptHandle }: Decoded) => ({ ReceiptHandle }))

t.test('a queue is CREATING, UPDATING and DELETING for as long as told', async t => {
  const delays = { consumerCreateDelayMs: 100, updateDelayMs: 200, consumerDeleteDelayMs: 300 }
  const { ask, clock, kinesis } = await made(delays)
  const status = async (): Promise<unknown> => (await ask('DescribeQueue')).QueueDescription.QueueStatus
  t.equal(await status(), 'CREATING')
  await t.rejects(ask('ReceiveQueueRecords'), { code: 'ResourceNotFoundException', message: /CREATING/ })
  const attributes = { QueueAttributes: { VisibilityTimeoutSeconds: 5 } }
  await t.rejects(ask('UpdateQueue', attributes), { code: 'ResourceInUseException' })
  clock.advance(100)
  t.equal(await status(), 'ACTIVE')
  t.match((await ask('UpdateQueue', attributes)).QueueDescription, { QueueStatus: 'UPDATING', ...attributes })
  t.equal(await status(), 'UPDATING')
  put(kinesis, 'a')
  t.same(dataOf(await ask('ReceiveQueueRecords')), ['a'])
  clock.advance(200)
  t.equal(await status(), 'ACTIVE')
  const stream = { StreamName, EnforceConsumerDeletion: true }
  await t.rejects(kinesis.call('DeleteStream', stream), { code: 'ResourceInUseException', message: /queues/ })
  await ask('DeleteQueue')
  t.equal(await status(), 'DELETING')
  clock.advance(300)
  await t.rejects(status(), { code: 'ResourceNotFoundException' })
  await t.resolves(kinesis.call('DeleteStream', stream))
})

t.test('a record is invisible while it is in flight, and received again when it was not acknowledged', async t => {
  const { ask, clock, kinesis } = await made()
  put(kinesis, 'a', 'b')
  const first = await ask('ReceiveQueueRecords')
  t.same(dataOf(first), ['a', 'b'])
  t.match(first.QueueRecords[0], {
    PartitionKey: 'k',
    RecordId: /^[a-z0-9]+$/,
    ReceiveCount: 1,
    ApproximateArrivalTimestamp: new Date(clock.now()),
    FirstReceiveTimestamp: new Date(clock.now()),
  })
  await ask('AcknowledgeQueueRecords', { Entries: handles(first).slice(0, 1) })
  const waiting = ask('ReceiveQueueRecords', { WaitTimeSeconds: 20 })
  clock.advance(20_000)
  t.same(dataOf(await waiting), [])
  clock.advance(10_000)
  const second = await ask('ReceiveQueueRecords')
  t.same(dataOf(second), ['b'])
  t.match(second.QueueRecords[0], {
    RecordId: first.QueueRecords[1].RecordId,
    ReceiveCount: 2,
    FirstReceiveTimestamp: new Date(clock.now() - 30_000),
  })
  const { Failed } = await ask('AcknowledgeQueueRecords', { Entries: handles(first) })
  t.same(
    Failed.map((entry: Decoded) => entry.ErrorCode),
    ['ResourceNotFoundException', 'InvalidArgumentException'],
  )
})

t.test('a call that waits gets a record as soon as it is put, or visible again', async t => {
  const { ask, clock, kinesis } = await made()
  const waiting = ask('ReceiveQueueRecords', { VisibilityTimeoutSeconds: 5 })
  put(kinesis, 'a')
  t.same(dataOf(await waiting), ['a'])
  const again = ask('ReceiveQueueRecords', { Limit: 1, VisibilityTimeoutSeconds: 0 })
  clock.advance(5000)
  const received = await again
  t.same(dataOf(received), ['a'])
  await ask('UpdateQueueRecordsVisibility', {
    Entries: handles(received).map(handle => ({ ...handle, VisibilityTimeoutSeconds: 100 })),
  })
  const empty = ask('ReceiveQueueRecords')
  clock.advance(9000)
  t.same(dataOf(await empty), [])
  t.equal(clock.waiting, 0)
})

t.test('a call that waits ends when its queue is deleted', async t => {
  const { ask } = await made()
  const waiting = ask('ReceiveQueueRecords')
  await ask('DeleteQueue')
  await t.rejects(waiting, { code: 'ResourceNotFoundException' })
})

t.test('a record that was received too often is a dead letter, until it is acknowledged or restored', async t => {
  const dead = { DeadLetterConfiguration: { TargetType: 'BUILT_IN', MaxReceiveCount: 2 } }
  const { ask, clock, kinesis } = await made({}, { QueueAttributes: dead })
  put(kinesis, 'a')
  const receive = async (operation: string): Promise<Decoded> => {
    const waiting = ask(operation, { WaitTimeSeconds: 1, VisibilityTimeoutSeconds: 0 })
    clock.advance(1000)
    return waiting
  }
  await receive('ReceiveQueueRecords')
  const last = await receive('ReceiveQueueRecords')
  t.same(dataOf(await receive('ReceiveQueueRecords')), [])
  const { Failed } = await ask('AcknowledgeQueueRecords', { Entries: handles(last) })
  t.match(Failed, [{ ErrorCode: 'InvalidArgumentException', ErrorMessage: /dead-letter/ }])
  t.same(dataOf(await receive('ReceiveDeadLetterQueueRecords')), ['a'])
  const letter = await receive('ReceiveDeadLetterQueueRecords')
  const restored = await ask('RestoreDeadLetterQueueRecords', { Entries: handles(letter) })
  t.same(restored, { Successful: handles(letter), Failed: [] })
  const again = await receive('ReceiveQueueRecords')
  t.match(again.QueueRecords, [{ ReceiveCount: 1 }])
  await receive('ReceiveQueueRecords')
  const end = await receive('ReceiveDeadLetterQueueRecords')
  t.match(await ask('AcknowledgeDeadLetterQueueRecords', { Entries: handles(end) }), { Failed: [] })
  t.same(dataOf(await receive('ReceiveDeadLetterQueueRecords')), [])
})

t.test('without dead letters a record is received for as long as the stream retains it', async t => {
  const none = { DeadLetterConfiguration: { TargetType: 'NONE' } }
  const { ask, clock, kinesis } = await made({}, { QueueAttributes: none })
  put(kinesis, 'a')
  for (let i = 0; i < 20; i++) {
    t.same(dataOf(await ask('ReceiveQueueRecords', { VisibilityTimeoutSeconds: 0 })), ['a'])
  }
  clock.advance(25 * 3_600_000)
  const waiting = ask('ReceiveQueueRecords')
  clock.advance(9000)
  t.same(dataOf(await waiting), [])
})

t.test('a queue starts where it is told to, and goes on in the children of a shard', async t => {
  const clock = new VirtualClock()
  const kinesis = KinesisEmulator.inProcess({ streams: { flights: 1 }, clock, limits: false })
  const StreamARN = kinesis.streamArn(StreamName)
  await kinesis.call('UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  put(kinesis, 'a')
  clock.advance(1000)
  const then = new Date(clock.now())
  put(kinesis, 'b')
  clock.advance(1000)
  const starts: [object | undefined, string[]][] = [
    [{ Type: 'TRIM_HORIZON' }, ['a', 'b', 'c']],
    [{ Type: 'AT_TIMESTAMP', Timestamp: then }, ['b', 'c']],
    [{ Type: 'LATEST' }, ['c']],
    [undefined, ['c']],
  ]
  const arns = starts.map(async ([StartingPosition], i) => {
    const source = StartingPosition === undefined ? { StreamARN } : { StreamARN, StartingPosition }
    const input = { QueueName: `q${i}`, StreamConfigurationList: [source as never] }
    return ((await kinesis.call('CreateQueue', input)) as Decoded).QueueDescription.QueueARN as string
  })
  const queues = await Promise.all(arns)
  kinesis.splitShard(StreamName, 'shardId-000000000000')
  put(kinesis, 'c')
  for (const [i, [, expected]] of starts.entries()) {
    t.same(dataOf(await kinesis.call('ReceiveQueueRecords', { QueueARN: queues[i]! })), expected)
  }
  const listed = (await kinesis.call('ListQueues', { MaxResults: 3 })) as Decoded
  t.same(
    listed.QueueSummaries.map((queue: Decoded) => queue.QueueName),
    ['q0', 'q1', 'q2'],
  )
  const rest = (await kinesis.call('ListQueues', { NextToken: listed.NextToken })) as Decoded
  t.match(rest.QueueSummaries, [{ QueueName: 'q3', QueueStatus: 'ACTIVE', Streams: [{ StreamARN }] }])
})

t.test('what is wrong with a queue is named', async t => {
  const { kinesis, clock } = await made({ limits: true })
  const StreamARN = kinesis.streamArn(StreamName)
  kinesis.createStream('trains')
  const create = async (input: object): Promise<unknown> => {
    clock.advance(1000)
    return kinesis.call('CreateQueue', { QueueName: 'q', StreamConfigurationList: [{ StreamARN }], ...input })
  }
  const start = (StartingPosition: object) => ({ StreamConfigurationList: [{ StreamARN, StartingPosition }] })
  const attributes = (QueueAttributes: object) => ({ QueueAttributes })
  const wrong: [object, string][] = [
    [{ QueueName: 'work' }, 'ResourceInUseException'],
    [{ QueueName: 'a b' }, 'ValidationException'],
    [{ StreamConfigurationList: [] }, 'ValidationException'],
    [{ StreamConfigurationList: [{ StreamARN }, { StreamARN }] }, 'InvalidArgumentException'],
    [{ StreamConfigurationList: [{ StreamARN: kinesis.streamArn('trains') }] }, 'InvalidArgumentException'],
    [{ StreamConfigurationList: [{ StreamARN: kinesis.streamArn('none') }] }, 'ResourceNotFoundException'],
    [start({ Type: 'AT_TIMESTAMP' }), 'ValidationException'],
    [start({ Type: 'LATEST', Timestamp: 1 }), 'ValidationException'],
    [start({ Type: 'AT_TIMESTAMP', Timestamp: new Date(clock.now() + 3_600_000) }), 'InvalidArgumentException'],
    [attributes({ VisibilityTimeoutSeconds: 43_201 }), 'ValidationException'],
    [attributes({ DeadLetterConfiguration: { TargetType: 'BUILT_IN' } }), 'ValidationException'],
    [attributes({ DeadLetterConfiguration: { TargetType: 'NONE', MaxReceiveCount: 0 } }), 'ValidationException'],
  ]
  for (const [input, code] of wrong) await t.rejects(create(input), { code })
  // A queue counts as a consumer, of which a stream has 20.
  for (let i = 0; i < 19; i++) await create({ QueueName: `q${i}` })
  await t.rejects(create({}), { code: 'LimitExceededException' })
  const consumer = { StreamARN, ConsumerName: 'app' }
  await t.rejects(kinesis.call('RegisterStreamConsumer', consumer), { code: 'LimitExceededException' })
  const mode = { StreamARN, StreamModeDetails: { StreamMode: 'PROVISIONED' } }
  await t.rejects(kinesis.call('UpdateStreamMode', mode), { code: 'ResourceInUseException', message: /queues/ })
})
