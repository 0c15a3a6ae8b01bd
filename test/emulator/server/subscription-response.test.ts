import http2 from 'node:http2'
import http from 'node:http'

import {
  DescribeStreamConsumerCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { EventStreamCodec } from '@smithy/core/event-streams'
import t from 'tap'

import type { EmulatorOptions } from '../../../emulator/index.ts'
import type { KinesisEmulator } from '../../../emulator/index.ts'
import type { Teardown } from '../harness.ts'
import { client, emulator, json, shardId, target } from '../harness.ts'

async function made(t: Teardown, options: EmulatorOptions = {}) {
  const kinesis = await emulator(t, options)
  const sdk = client(t, kinesis, { http2: true })
  const StreamARN = kinesis.streamArn('flights')
  const { Consumer } = await sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'app' }))
  const ConsumerARN = Consumer!.ConsumerARN!
  return { kinesis, sdk, ConsumerARN, clock: kinesis.clock }
}

const subscribe = async (sdk: KinesisClient, ConsumerARN: string) => {
  const input = { ConsumerARN, ShardId: shardId(0), StartingPosition: { Type: 'TRIM_HORIZON' as const } }
  const { EventStream } = await sdk.send(new SubscribeToShardCommand(input))
  return EventStream![Symbol.asyncIterator]()
}

/** A subscription whose bytes nobody reads yet. */
async function rawSubscription(t: Teardown, kinesis: KinesisEmulator, ConsumerARN: string) {
  const session = http2.connect(kinesis.endpoint)
  t.teardown(() => session.destroy())
  const stream = session.request({
    ':method': 'POST',
    ':path': '/',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': target('SubscribeToShard'),
  })
  stream.end(JSON.stringify({ ConsumerARN, ShardId: shardId(0), StartingPosition: { Type: 'TRIM_HORIZON' } }))
  await new Promise(resolve => stream.once('response', resolve))
  return { session, stream }
}

const soonGone = async (kinesis: KinesisEmulator) => {
  while (kinesis.subscriptions().length > 0) await new Promise(resolve => setImmediate(resolve))
}

for (const http2 of [true, false])
  t.test(`the stock client reads a subscription to its end over HTTP/${http2 ? 2 : 1.1}`, async t => {
    const { kinesis, ConsumerARN, clock } = await made(t)
    const sdk = client(t, kinesis, { http2 })
    kinesis.put('flights', [{ data: 'a', partitionKey: 'ü' }])
    const events = await subscribe(sdk, ConsumerARN)
    const first = (await events.next()).value.SubscribeToShardEvent
    t.match(first, { MillisBehindLatest: 0, ContinuationSequenceNumber: /^\d{56}$/ })
    t.match(first.Records, [{ PartitionKey: 'ü', ApproximateArrivalTimestamp: new Date(clock.now()) }])
    t.equal(Buffer.from(first.Records[0].Data).toString(), 'a')
    const second = events.next()
    clock.advance(5000)
    t.match((await second).value.SubscribeToShardEvent.Records, [])
    kinesis.splitShard('flights', shardId(0))
    const last = (await events.next()).value.SubscribeToShardEvent
    t.same(
      last.ChildShards.map((child: { ShardId: string }) => child.ShardId),
      [shardId(1), shardId(2)],
    )
    t.equal(last.ContinuationSequenceNumber, undefined)
    t.equal((await events.next()).done, true)
    t.match(kinesis.requests.recent('SubscribeToShard'), [{ status: 200, httpVersion: http2 ? '2' : '1.1' }])
  })

t.test('a refused call is an ordinary error', async t => {
  const { kinesis, sdk, ConsumerARN } = await made(t)
  await subscribe(sdk, ConsumerARN)
  await t.rejects(subscribe(sdk, ConsumerARN), { name: 'ResourceInUseException' })
  await json(kinesis, 'DeregisterStreamConsumer', { ConsumerARN })
  await t.rejects(subscribe(sdk, ConsumerARN), { name: 'ResourceNotFoundException' })
  await t.rejects(sdk.send(new DescribeStreamConsumerCommand({ ConsumerARN })), { name: 'ResourceNotFoundException' })
})

t.test('exception events reach the stock client by their names, a cut over HTTP/2 as a mere end', async t => {
  const { kinesis, sdk, ConsumerARN } = await made(t, { resubscribeDelayMs: 0 })
  const first = await subscribe(sdk, ConsumerARN)
  const superseded = t.rejects(first.next(), { name: 'ResourceInUseException', message: /Another active subscription/ })
  const second = await subscribe(sdk, ConsumerARN)
  await superseded
  await second.return!()
  for (const name of ['InternalFailureException', 'ResourceNotFoundException', 'LimitExceededException']) {
    kinesis.faults.inject({ operation: 'SubscribeToShard', fault: { kind: 'event-error', name } })
    await t.rejects((await subscribe(sdk, ConsumerARN)).next(), { name })
  }
  kinesis.put('flights', [{ data: 'a', partitionKey: 'k' }])
  for (const http2 of [true, false]) {
    kinesis.faults.inject({ operation: 'SubscribeToShard', fault: { kind: 'cut', afterEvents: 1 } })
    const events = await subscribe(client(t, kinesis, { http2 }), ConsumerARN)
    t.equal((await events.next()).value.SubscribeToShardEvent.Records.length, 1)
    // Node's HTTP/2 client does not tell the stock SDK: whoever reads must not take this end for the shard's.
    if (http2) t.equal((await events.next()).done, true)
    else await t.rejects(events.next())
  }
})

t.test('the stream ends with the clock', async t => {
  const { sdk, ConsumerARN, clock } = await made(t, { emptyEventIntervalMs: 400_000 })
  const events = await subscribe(sdk, ConsumerARN)
  const end = events.next()
  clock.advance(300_000)
  t.equal((await end).done, true)
})

t.test('a client that goes away ends its subscription', async t => {
  const { kinesis, ConsumerARN } = await made(t, { resubscribeDelayMs: 0 })
  for (const leave of ['stream', 'session']) {
    const { session, stream } = await rawSubscription(t, kinesis, ConsumerARN)
    t.equal(kinesis.subscriptions().length, 1)
    if (leave === 'stream') stream.close(http2.constants.NGHTTP2_CANCEL)
    else session.destroy()
    await soonGone(kinesis)
  }
  const body = JSON.stringify({ ConsumerARN, ShardId: shardId(0), StartingPosition: { Type: 'LATEST' } })
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target('SubscribeToShard') }
  const request = http.request(kinesis.endpoint, { method: 'POST', headers })
  request.on('error', () => undefined)
  await new Promise(resolve => request.on('response', resolve).end(body))
  t.equal(kinesis.subscriptions().length, 1)
  request.destroy()
  await soonGone(kinesis)
})

t.test('a client that stops reading stops the subscription: nothing piles up, nothing is lost', async t => {
  const { kinesis, ConsumerARN } = await made(t, { limits: false })
  const data = 'x'.repeat(500_000)
  const count = 100
  kinesis.put(
    'flights',
    Array.from({ length: count }, (_, i) => ({ data, partitionKey: `${i}` })),
  )
  const { stream } = await rawSubscription(t, kinesis, ConsumerARN)
  const sent = () => kinesis.requests.records('SubscribeToShard')
  for (let before = -1; before !== sent() || before === 0;) {
    before = sent()
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  t.ok(sent() <= 4, `only ${sent()} records were taken for a client that reads nothing`)
  const codec = new EventStreamCodec(String, text => Buffer.from(text))
  let pending = Buffer.alloc(0)
  const keys: string[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= pending.readUInt32BE(0)) {
      const length = pending.readUInt32BE(0)
      const { body } = codec.decode(pending.subarray(0, length))
      for (const record of JSON.parse(Buffer.from(body).toString()).Records ?? []) keys.push(record.PartitionKey)
      pending = pending.subarray(length)
    }
    if (keys.length === count) break
  }
  t.same(
    keys,
    Array.from({ length: count }, (_, i) => `${i}`),
  )
})
