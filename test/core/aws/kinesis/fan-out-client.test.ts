import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { KinesisStreamProxy } from '../../../../core/aws/kinesis/kinesis-stream-proxy.ts'
import type { ShardSubscription } from '../../../../core/aws/kinesis/stream-proxy.ts'
import { KinesisEmulator, VirtualClock } from '../../../../emulator/index.ts'

const SHARD = 'shardId-000000000000'

async function started(options: Parameters<typeof KinesisEmulator.start>[0] = {}) {
  const kinesis = await KinesisEmulator.start({
    streams: { flights: 1 },
    limits: false,
    emptyEventIntervalMs: 20,
    ...options,
  })
  t.teardown(() => kinesis.close())
  const configuration = new Configuration({
    'aws.endpoint': kinesis.endpoint,
    'aws.credentials.provider.basic.accesskeyid': 'a',
    'aws.credentials.provider.basic.secretkey': 's',
  })
  const proxy = new KinesisStreamProxy(
    { streamArn: kinesis.streamArn('flights'), streamName: null },
    configuration,
    systemClock,
  )
  t.teardown(() => proxy.close())
  const { consumerArn } = await proxy.registerStreamConsumer('me')
  const signal = new AbortController()
  const subscribe = (shardId = SHARD): Promise<ShardSubscription> =>
    proxy.subscribeToShard(consumerArn, shardId, { type: 'TRIM_HORIZON' }, signal.signal)
  return { kinesis, proxy, consumerArn, subscribe, signal }
}

t.test('a consumer from registration to its end', async t => {
  const { proxy, consumerArn } = await started()
  t.match(await proxy.describeStreamConsumer('me'), { consumerName: 'me', consumerArn, status: 'ACTIVE' })
  t.equal(await proxy.describeStreamConsumer('nobody'), null)
  await t.rejects(proxy.registerStreamConsumer('me'), {
    code: 'RESOURCE_IN_USE',
    message: /stream flights, consumer me/,
  })
  await proxy.deregisterStreamConsumer(consumerArn)
  t.equal(await proxy.describeStreamConsumer('me'), null)
})

t.test('records, large ones too, come as they are put, with keys, numbers and arrival', async t => {
  const { kinesis, subscribe } = await started()
  const subscription = await subscribe()
  const large = 'x'.repeat(900_000)
  kinesis.put('flights', [
    { data: 'AA 1', partitionKey: 'JFK' },
    { data: large, partitionKey: 'Zürich' },
  ])
  const seen: [string, number][] = []
  while (seen.length < 2) {
    const { batch, continuationSequenceNumber } = (await subscription.next())!
    t.type(continuationSequenceNumber, 'string')
    for (let i = 0; i < batch.count; i++) {
      seen.push([batch.positions!.partitionKey(i), String(batch.value(i)).length])
      t.ok(Math.abs(batch.timestamp![i]! - Date.now()) < 60_000)
    }
  }
  t.same(seen, [
    ['JFK', 4],
    ['Zürich', 900_000],
  ])
  subscription.close()
})

t.test('the end of a shard names its children and no continuation', async t => {
  const { kinesis, subscribe } = await started()
  kinesis.put('flights', [{ data: 'last', partitionKey: 'k' }])
  kinesis.splitShard('flights', SHARD)
  const subscription = await subscribe()
  let event = (await subscription.next())!
  while (event.continuationSequenceNumber !== null) event = (await subscription.next())!
  t.equal(event.childShards.length, 2)
  t.match(event.childShards[0], { parentShards: [SHARD], startingHashKey: '0' })
  t.equal(await subscription.next(), null)
})

t.test('five minutes later it has ended in good order', async t => {
  const clock = new VirtualClock(Date.now())
  const { subscribe } = await started({ clock })
  const subscription = await subscribe()
  const next = subscription.next()
  clock.advance(300_001)
  let event = await next
  while (event !== null) event = await subscription.next()
  t.equal(event, null)
})

t.test('what breaks a subscription has a name: another one, a consumer that goes, a cut, an error', async t => {
  const taken = await started({ resubscribeDelayMs: 0 })
  const first = await taken.subscribe()
  await first.next()
  await taken.subscribe()
  await t.rejects(drain(first), { code: 'RESOURCE_IN_USE', message: /SubscribeToShard on stream flights, shard/ })

  const gone = await started()
  const subscription = await gone.subscribe()
  await subscription.next()
  await gone.proxy.deregisterStreamConsumer(gone.consumerArn)
  await t.rejects(drain(subscription), { code: 'CONSUMER_NOT_FOUND', message: /consumer me/ })

  const cut = await started()
  cut.kinesis.faults.inject({ operation: 'SubscribeToShard', fault: { kind: 'cut' } })
  await t.rejects(drain(await cut.subscribe()), { code: 'ENDPOINT_UNREACHABLE', message: /cut off/ })

  const failing = await started()
  failing.kinesis.faults.inject({ operation: 'SubscribeToShard', fault: { kind: 'event-error' } })
  await t.rejects(drain(await failing.subscribe()), { code: 'SERVICE_FAILED' })
})

t.test('a call that is refused says why', async t => {
  const { proxy, consumerArn, subscribe, kinesis, signal } = await started()
  await subscribe()
  await t.rejects(subscribe(), { code: 'RESOURCE_IN_USE' })
  await t.rejects(subscribe('shardId-000000000009'), { code: 'STREAM_NOT_FOUND' })
  await t.rejects(proxy.subscribeToShard(`${consumerArn}9`, SHARD, { type: 'LATEST' }, signal.signal), {
    code: 'CONSUMER_NOT_FOUND',
  })
  await t.rejects(
    proxy.subscribeToShard(consumerArn, SHARD, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: 'x' }, signal.signal),
    { code: 'VALIDATION_FAILED' },
  )
  await kinesis.close()
  await t.rejects(subscribe(), { code: 'ENDPOINT_UNREACHABLE', message: /127\.0\.0\.1/ })
})

t.test('one connection carries many subscriptions; a closed one lets go of its shard', async t => {
  const { kinesis, subscribe } = await started({ streams: { flights: 150 } })
  const subscriptions = await Promise.all(
    Array.from({ length: 150 }, (_, i) => subscribe(`shardId-${String(i).padStart(12, '0')}`)),
  )
  t.equal(kinesis.subscriptions().length, 150)
  for (const subscription of subscriptions) subscription.close()
  for (let i = 0; i < 100 && kinesis.subscriptions().length > 0; i++)
    await new Promise<void>(resolve => setTimeout(resolve, 20))
  t.equal(kinesis.subscriptions().length, 0)
})

t.test('aborted while it waits for the answer, it leaves nothing open', async t => {
  const { kinesis, subscribe, signal } = await started()
  kinesis.faults.inject({ operation: 'SubscribeToShard', fault: { kind: 'slow', delayMs: 60_000 } })
  const subscribing = subscribe()
  setTimeout(() => signal.abort(new Error('enough')), 50)
  await t.rejects(subscribing)
})

t.test('a connection on which a call went unanswered is given no further one; clocks are compared', async t => {
  const server = http2.createServer()
  const sessions: http2.Http2Session[] = []
  server.on('session', session => sessions.push(session))
  server.on('stream', stream => {
    // As when the way to the first is cut without a word.
    if (stream.session !== sessions[0])
      stream.respond({ ':status': 200, date: new Date(Date.now() + 3_600_000).toUTCString() })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  const configuration = new Configuration({
    'aws.endpoint': `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    'aws.credentials.provider.basic.accesskeyid': 'a',
    'aws.credentials.provider.basic.secretkey': 's',
  })
  const streamArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/flights'
  const proxy = new KinesisStreamProxy({ streamArn, streamName: null }, configuration, systemClock)
  t.teardown(() => proxy.close())
  const subscribe = (signal: AbortSignal): Promise<ShardSubscription> =>
    proxy.subscribeToShard(`${streamArn}/consumer/me:1`, SHARD, { type: 'LATEST' }, signal)

  const giveUp = new AbortController()
  const unanswered = subscribe(giveUp.signal)
  await once(server, 'stream')
  const ended = once(sessions[0]!, 'close')
  giveUp.abort(new Error('no answer'))
  await t.rejects(unanswered, { code: 'ENDPOINT_UNREACHABLE' })
  const subscription = await subscribe(new AbortController().signal)
  t.equal(sessions.length, 2)
  await ended
  t.ok(Math.abs(proxy.clockOffsetMs - 3_600_000) < 5000, `${proxy.clockOffsetMs}`)
  subscription.close()
})

async function drain(subscription: ShardSubscription): Promise<void> {
  while ((await subscription.next()) !== null);
}
