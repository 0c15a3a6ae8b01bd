import t from 'tap'

import { ServiceError } from '../../../../../../core/foundation/errors.ts'
import { FanOutShardReader } from '../../../../../../core/connectors/kinesis/source/reader/fan-out-shard-reader.ts'
import type { FanOutOptions } from '../../../../../../core/connectors/kinesis/source/reader/fan-out-shard-reader.ts'
import type { FetchEnd } from '../../../../../../core/connectors/kinesis/source/reader/shard-reader.ts'
import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import type { KinesisShardSplit } from '../../../../../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import type { FakeSubscription } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle, until } from '../../../../fakes/manual-clock.ts'
import { sourceReaderOptions, splitOf } from '../../../../fakes/splits.ts'

const SHARD = shardIdOf(0)
const CONSUMER = 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/consumer/me:1'

function reading(
  overrides: Partial<FanOutOptions> = {},
  split: Partial<KinesisShardSplit> = {},
  clock = new ManualClock(),
  stream = new FakeStream(clock),
) {
  const warnings: string[] = []
  const reader = new FanOutShardReader(
    splitOf({ shardId: SHARD, ...split }),
    CONSUMER,
    sourceReaderOptions(overrides),
    {
      proxy: stream.sourceProxy(),
      clock,
      onReady: () => undefined,
      warn: message => warnings.push(message),
      losses: new RecordLosses(clock, message => warnings.push(message)),
    },
  )
  const values: string[] = []
  const state = { end: null as FetchEnd | null, failure: null as unknown, continuation: null as string | null }
  reader.run().catch((error: unknown) => (state.failure = error))
  return {
    clock,
    stream,
    reader,
    values,
    warnings,
    state,
    latest: (): FakeSubscription => stream.subscriptions.at(-1)!,
    async take(): Promise<boolean> {
      await settle()
      const fetched = reader.take()
      await settle()
      if (fetched === null) return false
      state.end = fetched.end
      state.continuation = fetched.continuationSequenceNumber
      values.push(...(fetched.batch?.values().map(String) ?? []))
      return true
    },
    positions: () => stream.callsOf('subscribeToShard').map(c => c.position),
  }
}

const record = (data: string, sequenceNumber: string) => ({
  data,
  sequenceNumber,
  partitionKey: 'k',
  arrivalMs: Date.UTC(2026, 0, 31, 12),
})

const refused = (errorName = 'InvalidArgumentException') =>
  new ServiceError('VALIDATION_FAILED', 'no such number', { details: { errorName } })

t.test('events come one at a time: the next is asked for when the last was taken', async t => {
  const r = reading()
  await settle()
  r.latest().push([record('a', '1')], '1')
  r.latest().push([record('b', '2')], '2')
  await settle()
  t.equal(r.latest().asked, 1)
  await r.take()
  t.equal(r.latest().asked, 2)
  await r.take()
  t.same(r.values, ['a', 'b'])
  r.reader.close()
  t.equal(r.latest().closed, true)
})

t.test('an empty event moves the continuation on', async t => {
  const r = reading()
  await settle()
  r.latest().push([], '77')
  await r.take()
  t.equal(r.state.continuation, '77')
  t.same(r.values, [])
  r.reader.close()
})

t.test(
  'a subscription whose time is up is renewed where the last event said, not sooner than a second after',
  async t => {
    const r = reading()
    await settle()
    r.latest().push([record('a', '1')], '9')
    await r.take()
    r.latest().expire()
    await settle()
    t.equal(r.stream.subscriptions.length, 1)
    await r.clock.pass(1000)
    t.same(r.positions(), [{ type: 'TRIM_HORIZON' }, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '9' }])
    r.reader.close()
  },
)

t.test('one that breaks is renewed after a pause of a second at least', async t => {
  for (const code of ['SERVICE_FAILED', 'ENDPOINT_UNREACHABLE', 'THROTTLED'] as const) {
    const r = reading()
    await settle()
    r.latest().push([record('a', '1')], '1')
    await r.take()
    r.latest().break(new ServiceError(code, 'it broke'))
    await settle()
    await r.clock.pass(999, 111)
    t.equal(r.stream.subscriptions.length, 1, code)
    await r.clock.pass(2000, 500)
    t.same(r.positions().at(-1), { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' })
    t.equal(r.state.failure, null)
    r.reader.close()
  }
})

t.test(
  'a shard that another subscription of the consumer holds is asked for again once it can be taken over',
  async t => {
    const r = reading()
    r.stream.fail('subscribeToShard', 'RESOURCE_IN_USE')
    await settle()
    // The reader called before the failure was set up; that call succeeded.
    r.latest().break(new ServiceError('RESOURCE_IN_USE', 'taken over'))
    await settle()
    await r.clock.pass(4900, 100)
    t.equal(r.stream.callsOf('subscribeToShard').length, 1)
    await r.clock.pass(1200, 100)
    t.equal(r.stream.callsOf('subscribeToShard').length, 2)
    await r.clock.pass(6100, 100)
    t.equal(r.stream.callsOf('subscribeToShard').length, 3)
    r.reader.close()
  },
)

t.test('silence is death, but only while an event is asked for', async t => {
  const r = reading({ silenceTimeoutMs: 35_000 })
  await settle()
  r.latest().push([record('a', '1')], '1')
  await r.clock.pass(300_000, 10_000)
  t.equal(r.stream.subscriptions.length, 1, 'nobody took the first')
  await r.take()
  await r.clock.pass(34_000, 1000)
  t.equal(r.stream.subscriptions.length, 1)
  await r.clock.pass(4000, 1000)
  t.equal(r.stream.subscriptions.length, 2)
  t.equal(r.stream.subscriptions[0]!.closed, true)
  t.same(r.positions().at(-1), { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' })
  r.reader.close()
})

t.test('an event without a continuation is the end of the shard, and nothing is subscribed to again', async t => {
  const r = reading()
  await settle()
  const [child] = r.stream.split(SHARD)
  const childShards = [{ shardId: child!, parentShards: [SHARD], startingHashKey: '0', endingHashKey: '1' }]
  r.latest().push([record('last', '1')], null, childShards)
  await r.take()
  t.same(r.values, ['last'])
  t.same(r.state.end, { type: 'shard-end', childShards })
  await r.clock.pass(600_000, 10_000)
  t.equal(r.stream.subscriptions.length, 1)
  t.equal(r.state.failure, null)
})

t.test('what trying again cannot mend ends it: a consumer that is gone, lost permission', async t => {
  for (const code of ['CONSUMER_NOT_FOUND', 'ACCESS_DENIED', 'STREAM_NOT_FOUND'] as const) {
    const r = reading()
    await settle()
    r.latest().break(new ServiceError(code, 'gone'))
    await settle()
    t.match(r.state.failure, { code })
    t.equal(r.state.end, null, 'never a finished shard')
  }
})

t.test(
  'a continuation that is refused: from the last record; if that is refused too, from the oldest, with a warning',
  async t => {
    const position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '5' } as const
    const r = reading({}, { position, continuationSequenceNumber: '8' })
    r.latest().break(refused())
    await until(r.clock, () => r.stream.subscriptions.length === 2)
    r.latest().break(refused())
    await until(r.clock, () => r.stream.subscriptions.length === 3)
    t.same(r.positions(), [{ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '8' }, position, { type: 'TRIM_HORIZON' }])
    t.match(r.warnings, [/sequence number 5 .* may have been missed/])
    r.reader.close()
  },
)

t.test('what is refused for another reason is not read again from the oldest record', async t => {
  const r = reading({}, { position: { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '5' } })
  await settle()
  r.latest().break(refused('KMSDisabledException'))
  await settle()
  t.match(r.state.failure, { code: 'VALIDATION_FAILED' })
  t.equal(r.stream.subscriptions.length, 1)
  t.same(r.warnings, [])
})

t.test('closed, it leaves no timer and no subscription, whatever it was doing', async t => {
  for (const when of ['subscribing', 'waiting', 'handing over', 'retrying']) {
    const r = reading()
    if (when === 'subscribing') r.reader.close()
    await settle()
    if (when === 'handing over') r.latest().push([record('a', '1')], '1')
    if (when === 'retrying') r.latest().break(new ServiceError('SERVICE_FAILED', 'it broke'))
    await settle()
    r.reader.close()
    await settle()
    t.same(r.clock.armed, [], when)
    t.equal(
      r.stream.subscriptions.every(s => s.closed),
      true,
      when,
    )
    t.equal(r.state.failure, null, when)
  }
})

t.test('stopping at an instant, it ends there', async t => {
  const stopAtMs = Date.UTC(2026, 0, 31, 12)
  const r = reading({ stopAtMs })
  await settle()
  r.latest().push([record('in time', '1'), { ...record('late', '2'), arrivalMs: stopAtMs + 1 }], '2')
  await r.take()
  t.same(r.values, ['in time'])
  t.same(r.state.end, { type: 'stopped' })
})

t.test('an empty event of before the stopping time ends nothing, however late it is taken', async t => {
  const clock = new ManualClock()
  const stopAtMs = clock.now() + 60_000
  const r = reading({ stopAtMs }, {}, clock)
  await settle()
  r.latest().push([record('a', '1')], '1')
  // Sent half a minute before the time; it waits behind a record that the job does not take.
  r.latest().push([], '2')
  await r.clock.pass(61_000, 1000)
  await r.take()
  await r.take()
  t.equal(r.state.end, null)
  await r.clock.pass(1000)
  t.equal(r.stream.subscriptions.length, 2)
  t.same(r.positions().at(-1), { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '2' })
  r.latest().push([{ ...record('b', '3'), arrivalMs: stopAtMs - 1000 }], '3')
  await r.take()
  r.latest().push([], '4')
  await r.take()
  t.same(r.values, ['a', 'b'])
  t.same(r.state.end, { type: 'stopped' })
})

t.test('an event without a continuation does not end a shard that is open: it is subscribed to anew', async t => {
  const r = reading()
  await settle()
  r.latest().push([record('a', '1')], '1')
  await r.take()
  r.latest().push([], null)
  await settle()
  t.equal(await r.take(), false)
  await r.clock.pass(5000, 500)
  t.equal(r.stream.subscriptions.length, 2)
  t.same(r.positions().at(-1), { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' })
  r.latest().push([record('b', '2')], '2')
  await r.take()
  t.same(r.values, ['a', 'b'])
  t.equal(r.state.end, null)
  r.reader.close()
})

t.test('an event that repeats records is refused', async t => {
  const r = reading()
  await settle()
  r.latest().push([record('a', '1'), record('b', '2')], '2')
  await r.take()
  r.latest().push([record('b', '2')], '2')
  await r.take()
  await r.clock.pass(5000, 500)
  r.latest().push([record('c', '3')], '3')
  await r.take()
  t.same(r.values, ['a', 'b', 'c'])
  r.reader.close()
})

t.test('a time that the service has not reached yet is put back by what its clock may be behind', async t => {
  const clock = new ManualClock()
  const at = clock.now()
  const stream = new FakeStream(clock)
  stream.clockSlackMs = [700, 300]
  stream.serviceNowMs = () => clock.now() - 650
  const r = reading({}, { position: { type: 'AT_TIMESTAMP', timestampMs: at } }, clock, stream)
  await r.clock.pass(5000, 500)
  t.same(
    r.positions().slice(0, 2),
    [at, at - 700].map(timestampMs => ({ type: 'AT_TIMESTAMP', timestampMs })),
  )
  t.equal(r.state.failure, null)
  r.reader.close()
})
