import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'

import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { ServiceError } from '../../../../core/foundation/errors.ts'
import type { KinesisFirehoseSinkSpec } from '../../../../core/connectors/firehose/kinesis-firehose-sink-spec.ts'
import type { EntryRun } from '../../../../core/aws/kinesis/put-records-codec.ts'
import {
  checkFirehoseSpec,
  KinesisFirehoseSinkConnector,
} from '../../../../core/connectors/firehose/kinesis-firehose-sink-connector.ts'
import type { SinkWriterContext } from '../../../../core/operators/sink.ts'
import { sourceBatch, textBatch } from '../../fakes/batches.ts'
import { entriesOf } from '../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'

const firehoseSpec = (overrides: Partial<KinesisFirehoseSinkSpec> = {}): KinesisFirehoseSinkSpec => ({
  type: 'kinesis-firehose',
  deliveryStreamName: 'flights',
  configuration: {},
  serializationSchema: { type: 'simple-string', charset: 'UTF-8' },
  deadLetters: null,
  failOnError: false,
  maxBatchSize: 500,
  maxInFlightRequests: 50,
  maxBufferedRequests: 10_000,
  maxBatchSizeInBytes: 4 * 1024 * 1024,
  maxTimeInBufferMs: 5000,
  maxRecordSizeInBytes: 1000 * 1024,
  ...overrides,
})

/** A delivery stream that refuses the records of each put at the indices that are next in `refuses`. */
function delivery() {
  const state = {
    puts: [] as string[][],
    written: [] as string[],
    refuses: [] as number[][],
    status: 'ACTIVE',
    error: null as Error | null,
    closed: 0,
  }
  const proxy = {
    deliveryStreamName: 'flights',
    async describe() {
      if (state.error !== null) throw state.error
      return state.status
    },
    async putRecordBatch(runs: readonly EntryRun[]) {
      const texts = entriesOf(runs).map(([, text]) => text)
      const refused = state.refuses.shift() ?? []
      state.puts.push(texts)
      state.written.push(...texts.filter((_, i) => !refused.includes(i)))
      const failed = refused.map(index => ({ index, errorCode: 'ServiceUnavailableException', errorMessage: 'Slow' }))
      return { failed, shardIds: null }
    },
    close() {
      state.closed++
    },
  }
  return { state, proxy }
}

function sinkOf(overrides: Partial<KinesisFirehoseSinkSpec> = {}, context: Partial<SinkWriterContext> = {}) {
  const { state, proxy } = delivery()
  const clock = new ManualClock()
  const sink = new KinesisFirehoseSinkConnector(firehoseSpec(overrides), new Configuration(), clock, {
    proxyFactory: () => proxy,
    random: () => 0,
  })
  const failures: unknown[] = []
  const full = { subtask: 0, parallelism: 1, restored: [], fail: (e: unknown) => failures.push(e), ...context }
  return { state, clock, sink, failures, writer: () => sink.createWriter(full) }
}

t.test('values become records without keys', async t => {
  const { writer, state } = sinkOf({ maxBatchSize: 2 })
  const w = writer()
  await w.write(textBatch('a', 'zürich', 'c'))
  await w.finish()
  t.same(state.puts, [['a', 'zürich'], ['c']])
  t.match(w.metrics(), { records: 3, bytes: 9, retries: 0 })
  w.close()
  t.equal(state.closed, 1)
})

t.test('records that were refused are sent again, and counted', async t => {
  const { writer, state, clock } = sinkOf({ maxBatchSize: 4 })
  state.refuses.push([1, 3])
  const w = writer()
  await w.write(textBatch('a', 'b', 'c', 'd'))
  const finished = w.finish()
  await settle()
  clock.advance(1000)
  await finished
  t.same(state.puts, [
    ['a', 'b', 'c', 'd'],
    ['b', 'd'],
  ])
  t.match(w.metrics(), { records: 4, retries: 2, errors: 2, errorsByCode: { ServiceUnavailableException: 2 } })
})

t.test('with failOnError a refused record ends the job', async t => {
  const { writer, state, failures } = sinkOf({ maxBatchSize: 1, failOnError: true })
  state.refuses.push([0])
  await writer().write(textBatch('a'))
  await settle()
  t.match(failures, [
    {
      code: 'RECORDS_REJECTED',
      message:
        /The sink to delivery stream flights: 1 records were refused, the first with ServiceUnavailableException/,
    },
  ])
})

t.test('what was not sent is in the snapshot', async t => {
  const first = sinkOf()
  const w = first.writer()
  await w.write(textBatch('a', 'zürich'))
  const state = await w.snapshot()
  const second = sinkOf({}, { restored: [state!] })
  const restored = second.writer()
  t.equal(restored.metrics().bufferedEntries, 2)
  await restored.finish()
  t.same(second.state.written, ['a', 'zürich'])
})

t.test('a record that is too large is told with its position, or is a dead letter', async t => {
  const { writer } = sinkOf({ maxRecordSizeInBytes: 10 })
  const batch = sourceBatch('good', 'x'.repeat(11))
  await t.rejects(async () => writer().write(batch.withSlab('text', batch, null)), {
    code: 'RECORD_TOO_LARGE',
    message: /delivery stream flights: a record of 11 bytes .*sequence number 495/,
  })
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-firehose-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const deadLetters = path.join(folder, 'letters')
  const { writer: burying, state } = sinkOf({
    maxRecordSizeInBytes: 10,
    deadLetters: { type: 'file', path: deadLetters },
  })
  const w = burying()
  await w.write(batch.withSlab('text', batch, null))
  await w.finish()
  t.same(state.written, ['good'])
  t.match(JSON.parse(readFileSync(deadLetters, 'utf8')), {
    stream: 'flights',
    code: 'RECORD_TOO_LARGE',
    partitionKey: null,
    data: Buffer.from('x'.repeat(11)).toString('base64'),
    position: { shardId: 'shardId-000000000003' },
  })
})

t.test('a delivery stream that is not there, or on its way out, is told before the job runs', async t => {
  for (const status of ['DELETING', 'CREATING_FAILED']) {
    const { sink, state } = sinkOf()
    state.status = status
    await t.rejects(sink.validate(), {
      code: 'STREAM_NOT_FOUND',
      message: status === 'DELETING' ? /is being deleted/ : /has the status CREATING_FAILED/,
    })
    t.equal(state.closed, 1)
  }
  const missing = sinkOf()
  missing.state.error = new ServiceError('STREAM_NOT_FOUND', 'no delivery stream flights')
  await t.rejects(missing.sink.validate(), { code: 'STREAM_NOT_FOUND' })
  const putOnly = sinkOf()
  putOnly.state.error = new ServiceError('ACCESS_DENIED', 'may not describe')
  await putOnly.sink.validate()
})

t.test("limits are Firehose's, and options for keys are refused", async t => {
  for (const [overrides, message] of [
    [{ maxBatchSize: 501 }, /KinesisFirehoseSink: maxBatchSize \(501\) is over the service's 500 records/],
    [{ maxBatchSizeInBytes: 4 * 1024 * 1024 + 1 }, /over the service's 4194304 bytes a request/],
    [{ maxRecordSizeInBytes: 1000 * 1024 + 1 }, /over the service's 1024000 bytes a record/],
    [{ maxBufferedRequests: 500 }, /KinesisFirehoseSink: .*maxBufferedRequests/],
    [{ configuration: { 'sink.ordering': 'PARTITION_KEY' } }, /sink.ordering is for streams whose records have keys/],
    [{ configuration: { 'sink.aggregation.enabled': 'true' } }, /sink.aggregation.enabled is for streams/],
  ] as const) {
    t.throws(() => checkFirehoseSpec(firehoseSpec(overrides)), { code: 'CONFIGURATION_INVALID', message })
    t.throws(() => sinkOf(overrides), { message })
  }
  checkFirehoseSpec(firehoseSpec({ configuration: { 'sink.ordering': 'NONE', 'sink.request.timeout': '5 s' } }))
})

t.test('a timeout of nothing would send everything for ever', async t => {
  t.throws(() => sinkOf({ configuration: { 'sink.request.timeout': '0 ms' } }), {
    code: 'CONFIGURATION_INVALID',
    message: /sink\.request\.timeout must be more than 0/,
  })
})
