import t from 'tap'

import type { EmulatorOptions, Fault, ShardEvent, ShardSubscription } from '../../../emulator/index.ts'
import { KinesisEmulator, VirtualClock } from '../../../emulator/index.ts'
import type { Decoded } from '../harness.ts'
import { shardId } from '../harness.ts'

async function made(options: EmulatorOptions = {}) {
  const clock = new VirtualClock()
  const kinesis = KinesisEmulator.inProcess({ streams: { flights: 1 }, ...options, clock })
  const { Consumer }: Decoded = await kinesis.call('RegisterStreamConsumer', {
    StreamARN: kinesis.streamArn('flights'),
    ConsumerName: 'app',
  })
  const ConsumerARN: string = Consumer.ConsumerARN
  const subscribe = async (position: object = { Type: 'TRIM_HORIZON' }, shard = 0) =>
    kinesis.subscribe({ ConsumerARN, ShardId: shardId(shard), StartingPosition: { ...position } })
  const put = (...data: string[]) =>
    kinesis.put(
      'flights',
      data.map(each => ({ data: each, partitionKey: each })),
    )
  return { clock, kinesis, ConsumerARN, subscribe, put }
}

const texts = (event: ShardEvent | undefined) => event?.Records.map(record => record.Data.toString())

/** What has come without waiting, or undefined. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  let result: T | undefined
  void promise.then(
    value => (result = value),
    () => undefined,
  )
  for (let i = 0; i < 20; i++) await Promise.resolve()
  return result
}

const event = async (subscription: ShardSubscription) => (await subscription.next()).value

t.test('records come as soon as they are there, a whole request in one event', async t => {
  const { subscribe, put, clock, kinesis } = await made()
  const [a] = put('a')
  const subscription = await subscribe()
  const first = await event(subscription)
  t.match(first, {
    Records: [
      { SequenceNumber: a?.sequenceNumber, PartitionKey: 'a', ApproximateArrivalTimestamp: new Date(clock.now()) },
    ],
    MillisBehindLatest: 0,
  })
  t.ok(first!.ContinuationSequenceNumber! > a!.sequenceNumber)
  const waiting = subscription.next()
  t.equal(await soon(waiting), undefined)
  put('b', 'c')
  t.same(texts((await soon(waiting))?.value), ['b', 'c'])
  t.equal(kinesis.requests.records('SubscribeToShard'), 3)
})

t.test('every starting position', async t => {
  const { subscribe, put, clock } = await made({ resubscribeDelayMs: 0 })
  const [, b] = put('a', 'b')
  clock.advance(10)
  const then = new Date(clock.now())
  put('c')
  const from = async (position: object) => texts(await event(await subscribe(position)))
  t.same(await from({ Type: 'TRIM_HORIZON' }), ['a', 'b', 'c'])
  t.same(await from({ Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: b?.sequenceNumber }), ['b', 'c'])
  t.same(await from({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: b?.sequenceNumber }), ['c'])
  t.same(await from({ Type: 'AT_TIMESTAMP', Timestamp: then }), ['c'])
  const latest = event(await subscribe({ Type: 'LATEST' }))
  put('d')
  t.same(texts(await latest), ['d'])
  for (const wrong of [
    { Type: 'AT_SEQUENCE_NUMBER' },
    { Type: 'LATEST', SequenceNumber: '1' },
    { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: '1' },
    { Type: 'AT_TIMESTAMP' },
    { Type: 'AT_TIMESTAMP', Timestamp: new Date(clock.now() + 1) },
  ])
    await t.rejects(subscribe(wrong), { code: 'InvalidArgumentException' })
  await t.rejects(subscribe({ Type: 'NEWEST' }), { code: 'ValidationException' })
})

t.test('the continuation number goes on exactly behind its event, read at or after it', async t => {
  const { subscribe, put, clock } = await made({ resubscribeDelayMs: 0, maxEventBytes: 2 })
  const subscription = await subscribe()
  const empty = subscription.next()
  clock.advance(5000)
  const numbers = [(await empty).value!.ContinuationSequenceNumber]
  put('a', 'b', 'c')
  for (let i = 0; i < 3; i++) numbers.push((await event(subscription))!.ContinuationSequenceNumber)
  for (const [i, SequenceNumber] of numbers.entries())
    for (const Type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']) {
      const next = soon((await subscribe({ Type, SequenceNumber })).next())
      t.same(texts((await next)?.value), i < 3 ? ['abc'.charAt(i)] : undefined)
    }
})

t.test('events are bounded, and say how far behind they are', async t => {
  const { subscribe, put, clock } = await made({ maxEventBytes: 1000 })
  put('a'.repeat(200), 'b'.repeat(200), 'c'.repeat(200))
  clock.advance(70)
  const subscription = await subscribe()
  const [first, second] = [await event(subscription), await event(subscription)]
  t.equal(first?.Records.length, 2)
  t.equal(first?.MillisBehindLatest, 70)
  t.equal(second?.Records.length, 1)
  t.equal(second?.MillisBehindLatest, 0)
})

t.test('a consumer gets 2 MiB a second and shard, unless limits are off', async t => {
  for (const limits of [true, false]) {
    const { subscribe, kinesis, clock } = await made({ limits })
    const big = 'x'.repeat(1_000_000)
    kinesis.put(
      'flights',
      Array.from({ length: 4 }, (_, i) => ({ data: big, partitionKey: `${i}` })),
    )
    const subscription = await subscribe()
    for (let i = 0; i < 3; i++) t.ok(await soon(subscription.next()))
    const fourth = subscription.next()
    t.equal((await soon(fourth)) === undefined, limits)
    clock.advance(1000)
    t.ok(await soon(fourth))
  }
})

t.test('nothing to say is said at an interval, with a continuation number', async t => {
  const { subscribe, clock } = await made({ emptyEventIntervalMs: 1000 })
  const subscription = await subscribe()
  for (let i = 0; i < 3; i++) {
    const next = subscription.next()
    clock.advance(999)
    t.equal(await soon(next), undefined)
    clock.advance(1)
    t.match((await soon(next))?.value, { Records: [], MillisBehindLatest: 0, ContinuationSequenceNumber: /^\d{56}$/ })
  }
})

t.test('at the end of the shard come its children and no continuation, then the end', async t => {
  const { subscribe, put, kinesis } = await made({ resubscribeDelayMs: 0 })
  put('a')
  const subscription = await subscribe({ Type: 'LATEST' })
  const last = subscription.next()
  kinesis.splitShard('flights', shardId(0))
  const value = (await soon(last))?.value
  t.match(value, { Records: [], ContinuationSequenceNumber: undefined })
  t.match(value?.ChildShards, [
    { ShardId: shardId(1), ParentShards: [shardId(0)], HashKeyRange: { StartingHashKey: '0' } },
    { ShardId: shardId(2) },
  ])
  t.equal((await subscription.next()).done, true)
  t.equal((await subscription.next()).done, true)
  const again = await event(await subscribe())
  t.same(texts(again), ['a'])
  t.equal(again?.ChildShards?.length, 2)
  t.same(kinesis.subscriptions(), [])
})

t.test('a reshard that takes its time ends the shard when it takes effect', async t => {
  const { subscribe, kinesis, clock } = await made({ updateDelayMs: 700 })
  const next = (await subscribe()).next()
  await kinesis.call('SplitShard', {
    StreamName: 'flights',
    ShardToSplit: shardId(0),
    NewStartingHashKey: String(2n ** 127n),
  })
  clock.advance(699)
  t.equal(await soon(next), undefined)
  clock.advance(1)
  t.equal((await soon(next))?.value?.ChildShards?.length, 2)
})

t.test('it lasts five minutes, then ends as it should', async t => {
  const { subscribe, kinesis, clock, put } = await made({ emptyEventIntervalMs: Infinity })
  const subscription = await subscribe()
  const next = subscription.next()
  clock.advance(299_999)
  t.equal(await soon(next), undefined)
  t.match(kinesis.subscriptions(), [{ stream: 'flights', consumer: 'app', shardId: shardId(0) }])
  clock.advance(1)
  t.equal((await soon(next))?.done, true)
  put('late')
  t.equal((await subscription.next()).done, true)
  t.same(kinesis.subscriptions(), [])
  t.equal(clock.waiting, 0)
})

t.test('a second one is refused for five seconds, then takes over', async t => {
  const { subscribe, clock, put } = await made({ streams: { flights: 2 }, emptyEventIntervalMs: 60_000 })
  const first = await subscribe()
  const next = first.next()
  await t.resolves(subscribe({ Type: 'LATEST' }, 1), 'of another shard')
  clock.advance(4999)
  await t.rejects(subscribe(), { code: 'ResourceInUseException' })
  clock.advance(1)
  const second = await subscribe()
  await t.rejects(next, { code: 'ResourceInUseException' })
  await t.rejects(first.next(), { code: 'ResourceInUseException' })
  put('a', 'b', 'c', 'd')
  t.ok(texts(await event(second)))
  await second.return()
  t.equal((await second.next()).done, true)
  await t.rejects(subscribe(), { code: 'ResourceInUseException' }, 'the call counts, be its subscription over')
})

t.test('what is not ACTIVE is in use, and what is not there is not found', async t => {
  const { subscribe, kinesis, ConsumerARN, clock } = await made({
    consumerCreateDelayMs: 1000,
    consumerDeleteDelayMs: 1000,
  })
  const StreamARN = kinesis.streamArn('flights')
  const status = async () =>
    ((await kinesis.call('DescribeStreamConsumer', { ConsumerARN })) as Decoded).ConsumerDescription.ConsumerStatus
  t.equal(await status(), 'CREATING')
  await t.rejects(subscribe(), { code: 'ResourceInUseException', message: /state CREATING/ })
  clock.advance(1000)
  t.equal(await status(), 'ACTIVE')
  const subscription = await subscribe()
  await t.rejects(subscribe({ Type: 'LATEST' }, 7), { code: 'ResourceNotFoundException' })
  const next = subscription.next()
  await kinesis.call('DeregisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
  await t.rejects(next, { code: 'ResourceNotFoundException' })
  t.equal(await status(), 'DELETING')
  await t.rejects(subscribe(), { code: 'ResourceInUseException', message: /state DELETING/ })
  await t.rejects(kinesis.call('RegisterStreamConsumer', { StreamARN, ConsumerName: 'app' }), {
    code: 'ResourceInUseException',
  })
  clock.advance(1000)
  await t.rejects(status(), { code: 'ResourceNotFoundException' })
  await t.rejects(subscribe(), { code: 'ResourceNotFoundException' })
  await t.rejects(kinesis.subscribe({ ConsumerARN: 'x', ShardId: shardId(0), StartingPosition: { Type: 'LATEST' } }), {
    code: 'ValidationException',
  })
  await t.rejects(kinesis.subscribe({ ConsumerARN, ShardId: shardId(0) }), { code: 'ValidationException' })
})

t.test('at most five consumers of a stream are being created', async t => {
  const { kinesis, clock } = await made({ consumerCreateDelayMs: 60_000 })
  const register = async (ConsumerName: string) => {
    clock.advance(1000)
    return kinesis.call('RegisterStreamConsumer', { StreamARN: kinesis.streamArn('flights'), ConsumerName })
  }
  for (let i = 0; i < 4; i++) await register(`c${i}`)
  await t.rejects(register('x'), { code: 'LimitExceededException' })
})

t.test('a stream that is deleted, or whose closed shard passes out of retention, ends its subscriptions', async t => {
  const { subscribe, kinesis, clock } = await made({ subscriptionMs: Infinity })
  const next = (await subscribe()).next()
  kinesis.deleteStream('flights')
  await t.rejects(next, { code: 'ResourceNotFoundException' })
  kinesis.createStream('flights')
  t.same(kinesis.subscriptions(), [])
  t.equal(clock.waiting, 0)
})

t.test('faults: silence, a cut, an early end, an error event, a refusal, a lost answer', async t => {
  const { subscribe, kinesis, clock, put } = await made({ resubscribeDelayMs: 0 })
  const struck = async (fault: Fault) => {
    kinesis.faults.inject({ operation: 'SubscribeToShard', stream: 'flights', shardId: shardId(0), fault })
    return subscribe()
  }
  put('a')
  const silent = await struck({ kind: 'silence', afterEvents: 1 })
  t.same(texts(await event(silent)), ['a'])
  const nothing = silent.next()
  put('b')
  clock.advance(299_000)
  t.equal(await soon(nothing), undefined)
  clock.advance(1000)
  t.equal((await nothing).done, true)
  const cut = await struck({ kind: 'cut', afterEvents: 1 })
  t.same(texts(await event(cut)), ['a', 'b'])
  await t.rejects(cut.next(), { code: 'ECONNRESET' })
  t.equal((await (await struck({ kind: 'early-end' })).next()).done, true)
  await t.rejects((await struck({ kind: 'event-error' })).next(), { code: 'InternalFailureException' })
  const limited = await struck({ kind: 'event-error', name: 'LimitExceededException', message: 'no' })
  await t.rejects(limited.next(), { code: 'LimitExceededException', message: 'no' })
  await t.rejects(struck({ kind: 'error', name: 'LimitExceededException', status: 400 }), {
    code: 'LimitExceededException',
  })
  await t.rejects(struck({ kind: 'reset', when: 'after' }), { code: 'ECONNRESET' })
  t.same(kinesis.subscriptions(), [])
  t.match(kinesis.requests.recent('SubscribeToShard')[0], { fault: 'silence', stream: 'flights', shardId: shardId(0) })
  await t.rejects(kinesis.call('SubscribeToShard'), TypeError)
})
