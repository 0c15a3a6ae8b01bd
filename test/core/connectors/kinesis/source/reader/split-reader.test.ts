import t from 'tap'

import { ServiceError } from '../../../../../../core/foundation/errors.ts'
import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { Permits } from '../../../../../../core/connectors/kinesis/source/reader/permits.ts'
import { SplitReader } from '../../../../../../core/connectors/kinesis/source/reader/split-reader.ts'
import { FakeStream, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'
import { assignmentOf, sourceReaderOptions, splitOf } from '../../../../fakes/splits.ts'

const SHARD = shardIdOf(0)

function reading({ consumerArn = null as string | null, options = {} } = {}) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const warnings: string[] = []
  const failures: unknown[] = []
  const warn = (message: string): void => void warnings.push(message)
  const reader = new SplitReader(assignmentOf(splitOf({ shardId: SHARD }), consumerArn), sourceReaderOptions(options), {
    proxy: stream.sourceProxy(),
    clock,
    permits: new Permits(1),
    losses: new RecordLosses(clock, warn),
    onReady: () => undefined,
    warn,
    fail: error => failures.push(error),
  })
  t.teardown(() => reader.close())
  const take = (maxRecords = Infinity): string[] | undefined => reader.take(maxRecords).batch?.values().map(String)
  return { clock, stream, reader, warnings, failures, take }
}

t.test('the position is behind the last record that was taken', async t => {
  const { stream, reader, take } = reading()
  const [a, , c] = stream.put(SHARD, 'a', 'b', 'c')
  await settle()
  t.same(take(1), ['a'])
  t.match(reader.split.position, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: a!.sequenceNumber })
  t.equal(reader.ready, true, 'the rest of the answer is ready')
  t.same(take(), ['b', 'c'])
  t.match(reader.split.position, { sequenceNumber: c!.sequenceNumber })
  t.match(reader.metrics(), { records: 3, bytes: 3, sequenceNumber: c!.sequenceNumber, finished: false })
})

t.test('the end comes with the last record of the last answer', async t => {
  const { stream, reader } = reading()
  stream.put(SHARD, 'a', 'b')
  stream.split(SHARD)
  await settle()
  t.equal(reader.take(1).end, null)
  t.match(reader.take(1).end, { type: 'shard-end', childShards: [{}, {}] })
  reader.markFinished()
  t.match([reader.split, reader.metrics()], [{ finished: true }, { finished: true }])
})

t.test('a paused split is not ready', async t => {
  const { stream, reader } = reading()
  stream.put(SHARD, 'a')
  await settle()
  reader.paused = true
  t.equal(reader.ready, false)
  reader.paused = false
  t.equal(reader.ready, true)
})

t.test('a split whose enhanced fan-out is refused is polled from its position, or fails', async t => {
  for (const fallsBackToPolling of [true, false]) {
    const consumerArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/consumer/me:1'
    const { stream, failures, warnings, take } = reading({ consumerArn, options: { fallsBackToPolling } })
    await settle()
    const records = stream.put(SHARD, 'a', 'b')
    stream.subscriptions[0]!.push(records, records[1]!.sequenceNumber)
    await settle()
    t.same(take(1), ['a'])
    stream.subscriptions[0]!.break(new ServiceError('ACCESS_DENIED', 'no permission'))
    await settle()
    if (fallsBackToPolling) {
      t.same(take(), ['b'])
      t.match(warnings, [/is polled from here on.*no permission/])
    } else t.match(failures, [{ code: 'ACCESS_DENIED' }])
  }
})

t.test('a closed reader does not begin to poll', async t => {
  const consumerArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/flights/consumer/me:1'
  const { stream, reader } = reading({ consumerArn, options: { fallsBackToPolling: true } })
  await settle()
  reader.close()
  stream.subscriptions[0]!.break(new ServiceError('ACCESS_DENIED', 'no permission'))
  await settle()
  t.same(stream.callsOf('getShardIterator'), [])
})
