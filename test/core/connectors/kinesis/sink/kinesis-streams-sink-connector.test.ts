import t from 'tap'

import { SplitEnd } from '../../../../../core/event-time/split-end.ts'
import { SinkOperator } from '../../../../../core/operators/sink/sink-operator.ts'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import { ServiceError } from '../../../../../core/foundation/errors.ts'
import type { KinesisStreamsSinkSpec } from '../../../../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import { RecordBatch } from '../../../../../core/foundation/record-batch/record-batch.ts'
import { KinesisStreamsSinkConnector } from '../../../../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { checkSinkLimits } from '../../../../../core/connectors/async-sink/sink-limits.ts'
import { writeSinkState } from '../../../../../core/connectors/async-sink/sink-state-codec.ts'
import type { SinkWriterContext } from '../../../../../core/operators/sink.ts'
import { sourceBatch, textBatch } from '../../../fakes/batches.ts'
import { FakeSinkStream, runOf } from '../../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../../fakes/manual-clock.ts'

const sinkSpec = (overrides: Partial<KinesisStreamsSinkSpec> = {}): KinesisStreamsSinkSpec => ({
  type: 'kinesis-streams',
  streamArn: null,
  streamName: 'out',
  configuration: {},
  serializationSchema: { type: 'simple-string', charset: 'UTF-8' },
  partitionKeyGenerator: { type: 'fixed' },
  deadLetters: null,
  failOnError: false,
  maxBatchSize: 500,
  maxInFlightRequests: 50,
  maxBufferedRequests: 10_000,
  maxBatchSizeInBytes: 5 * 1024 * 1024,
  maxTimeInBufferMs: 5000,
  maxRecordSizeInBytes: 1024 * 1024,
  ...overrides,
})

function sinkOf(overrides: Partial<KinesisStreamsSinkSpec> = {}, context: Partial<SinkWriterContext> = {}) {
  const stream = new FakeSinkStream()
  const key = (value: unknown): string => `key of ${String(value)}`
  const sink = new KinesisStreamsSinkConnector(sinkSpec(overrides), new Configuration(), new ManualClock(), {
    key,
    proxyFactory: () => stream.proxy(),
  })
  const full = { subtask: 3, parallelism: 4, restored: [], fail: () => undefined, ...context }
  return { stream, sink, writer: () => sink.createWriter(full) }
}

t.test('values become entries with a partition key', async t => {
  const { writer, stream } = sinkOf({ maxBatchSize: 2 })
  await writer().write(textBatch('a', 'zürich'))
  t.same(stream.requests[0]?.entries, [
    ['3', 'a'],
    ['3', 'zürich'],
  ])
})

t.test("a program's own key function is asked for each value", async t => {
  const { writer, stream } = sinkOf({ maxBatchSize: 1, partitionKeyGenerator: { type: 'local', localId: 'x' } })
  await writer().write(textBatch('a'))
  t.same(stream.requests[0]?.entries, [['key of a', 'a']])
})

t.test('a wrong key is told with the position of its record, and nothing of its batch is sent', async t => {
  const key = (value: unknown): unknown => (String(value) === 'bad' ? '' : 'k')
  const stream = new FakeSinkStream()
  const spec = sinkSpec({ maxBatchSize: 1, partitionKeyGenerator: { type: 'local', localId: 'x' } })
  const sink = new KinesisStreamsSinkConnector(spec, new Configuration(), new ManualClock(), {
    key,
    proxyFactory: () => stream.proxy(),
  })
  const writer = sink.createWriter({ subtask: 0, parallelism: 1, restored: [], fail: () => undefined })
  await t.rejects(() => writer.write(asText(sourceBatch('good', 'bad'))), {
    code: 'VALIDATION_FAILED',
    message:
      /sink to stream out: .* gave an empty key; .*\. It came from stream flights, shardId-0+3, sequence number 495/,
    details: { stream: 'out', position: { stream: 'flights', partitionKey: 'key 1' } },
  })
  t.equal(stream.requests.length, 0)
})

t.test('a record that is too large is told with its position, and nothing of its batch is sent', async t => {
  const { writer, stream } = sinkOf({ maxBatchSize: 1, maxRecordSizeInBytes: 10 })
  await t.rejects(() => writer().write(asText(sourceBatch('good', 'x'.repeat(10)))), {
    code: 'RECORD_TOO_LARGE',
    message:
      /a record of 11 bytes with its key is over maxRecordSizeInBytes \(10\).*stream flights, shardId-000000000003, sequence number 495/,
    details: { stream: 'out', position: { stream: 'flights', partitionKey: 'key 1' } },
  })
  t.equal(stream.requests.length, 0)
  await writer().write(asText(sourceBatch('x'.repeat(9))))
  t.equal(stream.requests.length, 1, 'the limit itself is allowed')
})

const asText = (batch: RecordBatch): RecordBatch => batch.withSlab('text', batch, null)

t.test('null cannot be written', async t => {
  const { writer } = sinkOf()
  await t.rejects(() => writer().write(textBatch('a', null)), { code: 'VALIDATION_FAILED', message: /null/ })
  await t.rejects(() => writer().write(RecordBatch.ofValues(['a', null])), {
    code: 'VALIDATION_FAILED',
    message: /null cannot be written/,
  })
})

t.test('a snapshot holds what was not sent; restored, it is sent first', async t => {
  const first = sinkOf()
  const w = first.writer()
  await w.write(textBatch('a', 'b'))
  const state = await w.snapshot()
  w.close()
  const second = sinkOf({ maxBatchSize: 3 }, { restored: [state!, writeSinkState([runOf([['k', 'other']])])] })
  const restored = second.writer()
  t.equal(restored.metrics()?.bufferedEntries, 3)
  await restored.write(textBatch('c'))
  t.same(second.stream.requests[0]?.entries, [
    ['3', 'a'],
    ['3', 'b'],
    ['k', 'other'],
  ])
  restored.close()
})

t.test('the end of input sends everything', async t => {
  const { writer, stream } = sinkOf()
  const w = writer()
  await w.write(textBatch('a'))
  const finishing = w.finish()
  await settle()
  stream.held[0]!.answer()
  await finishing
  t.same(stream.written, [['3', 'a']])
  w.close()
  t.equal(stream.closedProxies, 1)
})

t.test('a destination that is not there, or on its way out, is told before the job runs', async t => {
  const missing = sinkOf()
  missing.stream.describeError = new ServiceError('STREAM_NOT_FOUND', 'no stream out')
  await t.rejects(missing.sink.validate(), { code: 'STREAM_NOT_FOUND' })
  const deleting = sinkOf()
  deleting.stream.status = 'DELETING'
  await t.rejects(deleting.sink.validate(), { code: 'STREAM_NOT_FOUND', message: /being deleted/ })
  const there = sinkOf()
  await there.sink.validate()
  t.equal(missing.stream.closedProxies + deleting.stream.closedProxies + there.stream.closedProxies, 3)
})

t.test("limits have Flink's rules, and messages name the setting", async t => {
  const wrong: readonly (readonly [Partial<KinesisStreamsSinkSpec>, RegExp])[] = [
    [{ maxBatchSize: 0 }, /maxBatchSize must be a positive/],
    [{ maxInFlightRequests: -1 }, /maxInFlightRequests/],
    [{ maxTimeInBufferMs: 0.5 }, /maxTimeInBufferMs/],
    [{ maxRecordSizeInBytes: NaN }, /maxRecordSizeInBytes/],
    [{ maxBufferedRequests: 500 }, /should be strictly greater than .*: maxBufferedRequests is 500, maxBatchSize 500/],
    [
      { maxBatchSizeInBytes: 1024 * 1024 - 1 },
      /must be greater than or equal to .*: maxBatchSizeInBytes is 1048575, maxRecordSizeInBytes 1048576/,
    ],
    [{ maxBatchSize: 501 }, /over the service's 500 records/],
    [{ maxBatchSizeInBytes: 10 * 1024 * 1024 + 1 }, /over the service's 10485760 bytes/],
  ]
  for (const [overrides, message] of wrong)
    t.throws(() => checkSinkLimits(sinkSpec(overrides)), { code: 'CONFIGURATION_INVALID', message })
  checkSinkLimits(sinkSpec({ maxBufferedRequests: 501, maxBatchSizeInBytes: 1024 * 1024 }))
  t.throws(() => sinkOf({ maxBatchSize: 0 }), { code: 'CONFIGURATION_INVALID' })
})

t.test('what it cannot write is said when it is made, or by the value', async t => {
  t.throws(
    () =>
      void sinkOf()
        .writer()
        .write(RecordBatch.ofValues([17])),
    {
      code: 'GRAPH_INVALID',
      message: /SimpleStringSchema writes strings, but it was given a value of type number/,
    },
  )
  t.throws(
    () =>
      void sinkOf()
        .writer()
        .write(RecordBatch.pack('bytes', ['a'])),
    { message: /payload 'bytes'/ },
  )
})

async function endBehind(ordering: string) {
  const { writer, stream } = sinkOf({ configuration: { 'sink.ordering': ordering } })
  const operator = new SinkOperator(writer)
  await operator.open()
  await operator.process(textBatch('a'))
  let passed = false
  operator.advance(new SplitEnd('s', () => (passed = true)))
  await settle()
  return { stream, operator, hasPassed: () => passed }
}

t.test(
  'an ordered sink holds the end of a split until what came before it was acknowledged, and sends that at once',
  async t => {
    const { stream, operator, hasPassed } = await endBehind('PARTITION_KEY')
    t.same(stream.requests[0]?.entries, [['3', 'a']], 'without waiting for a full batch or for its time in the buffer')
    await operator.process(textBatch('b')) // waits in the buffer, and the end does not wait for it
    t.notOk(hasPassed())
    stream.requests[0]!.answer(0) // refused: it is sent again
    await settle()
    t.notOk(hasPassed())
  },
)

t.test('an ordered sink lets the end of a split pass with the acknowledgement', async t => {
  const { stream, hasPassed } = await endBehind('PARTITION_KEY')
  stream.requests[0]!.answer()
  await settle()
  t.ok(hasPassed())
})

t.test('a sink without an order holds no end of a split', async t => {
  const { stream, hasPassed } = await endBehind('NONE')
  t.ok(hasPassed())
  t.equal(stream.requests.length, 0)
})
