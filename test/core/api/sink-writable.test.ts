import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import type { Test } from 'tap'

import { KinesisStreamsSink, SimpleStringSchema } from '../../../core/index.ts'
import type { DeadLetter, KinesisStreamsSinkBuilder } from '../../../core/index.ts'
import { KinesisEmulator } from '../../../emulator/index.ts'

async function streaming(t: Test, change: (builder: KinesisStreamsSinkBuilder) => void = () => undefined) {
  const kinesis = await KinesisEmulator.start({ streams: { out: 2 }, limits: false })
  t.teardown(() => kinesis.close())
  const builder = KinesisStreamsSink.builder()
    .setStreamArn(kinesis.streamArn('out'))
    .setSerializationSchema(new SimpleStringSchema())
    .setPartitionKeyGenerator((value: string) => value.split(' ')[0]!)
    .setKinesisClientProperties({
      'aws.endpoint': kinesis.endpoint,
      'aws.credentials.provider.basic.accesskeyid': 'a',
      'aws.credentials.provider.basic.secretkey': 'b',
    })
  change(builder)
  return { kinesis, sink: builder.build() }
}

const stored = (kinesis: KinesisEmulator): string[] =>
  kinesis
    .records('out')
    .flatMap(s => s.records)
    .map(r => Buffer.from(r.data).toString())

t.test('a pipeline of 100,000 values is in Kinesis when it is over, in full requests', async t => {
  const { kinesis, sink } = await streaming(t)
  const values = Array.from({ length: 100_000 }, (_, i) => `key-${i % 100} ${i}`)
  const writable = sink.writable()
  await pipeline(Readable.from(values), writable)
  t.same(new Set(stored(kinesis)), new Set(values))
  t.equal(kinesis.recordCount('out'), 100_000)
  t.match(writable.metrics(), { records: 100_000, bufferedEntries: 0, inFlightRequests: 0 })
  t.ok(kinesis.requests.count('PutRecords') < 220, `${kinesis.requests.count('PutRecords')} requests`)
})

t.test('a slow endpoint holds the producer back: what waits is bounded', async t => {
  const { kinesis, sink } = await streaming(t, b =>
    b.setMaxBatchSize(100).setMaxBufferedRequests(300).setMaxInFlightRequests(2),
  )
  kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'slow', delayMs: 5 } })
  const writable = sink.writable({ highWaterMark: 50 })
  let given = 0
  let [mostBuffered, mostAhead] = [0, 0]
  function* producer() {
    for (; given < 10_000; given++) {
      mostBuffered = Math.max(mostBuffered, writable.metrics().bufferedEntries)
      mostAhead = Math.max(mostAhead, given - kinesis.recordCount('out'))
      yield `key-${given % 7} ${given}`
    }
  }
  await pipeline(Readable.from(producer(), { highWaterMark: 1 }), writable)
  t.equal(kinesis.recordCount('out'), 10_000)
  t.ok(mostBuffered <= 300, `${mostBuffered} waited in the buffer`)
  // The buffer, what is on its way, and what the streams hold.
  t.ok(mostAhead <= 300 + 2 * 100 + 2 * 50 + 5, `the producer was ${mostAhead} ahead`)
})

t.test('an endpoint that refuses for good ends the stream with the error of the engine', async t => {
  const { kinesis, sink } = await streaming(t)
  kinesis.faults.inject({
    operation: 'PutRecords',
    times: Infinity,
    fault: { kind: 'error', name: 'AccessDeniedException', status: 400, message: 'no' },
  })
  const values = Array.from({ length: 100_000 }, (_, i) => `k ${i}`)
  await t.rejects(pipeline(Readable.from(values), sink.writable()), { name: 'ServiceError', code: 'ACCESS_DENIED' })
  t.equal(kinesis.recordCount('out'), 0)
})

t.test('a stream that is not there is said before anything is written', async t => {
  const { kinesis, sink } = await streaming(t, b => b.setStreamArn('arn:aws:kinesis:us-east-1:000000000000:stream/no'))
  await t.rejects(pipeline(Readable.from(['k 1']), sink.writable()), { code: 'STREAM_NOT_FOUND' })
  t.equal(kinesis.requests.count('PutRecords'), 0)
})

t.test('a value that the schema does not take ends the stream', async t => {
  const { sink } = await streaming(t, b => b.setPartitionKeyGenerator(() => 'k'))
  await t.rejects(pipeline(Readable.from([17]), sink.writable()), /SimpleStringSchema writes strings/)
})

t.test('aborted, it stops at once: nothing more is sent', async t => {
  const { kinesis, sink } = await streaming(t)
  const abort = new AbortController()
  async function* producer() {
    yield 'k 1'
    await once(abort.signal, 'abort')
  }
  const writable = sink.writable()
  const piped = pipeline(Readable.from(producer()), writable, { signal: abort.signal })
  while (writable.metrics().bufferedEntries === 0) await new Promise(resolve => setImmediate(resolve))
  abort.abort()
  await t.rejects(piped, { name: 'AbortError' })
  t.ok(writable.destroyed)
  t.equal(kinesis.requests.count('PutRecords'), 0)
})

t.test('values that are corked go together, and `end` waits until they are acknowledged', async t => {
  const { kinesis, sink } = await streaming(t)
  const writable = sink.writable()
  writable.cork()
  for (let i = 0; i < 10; i++) writable.write(`k ${i}`)
  writable.uncork()
  writable.end()
  await once(writable, 'finish')
  t.equal(kinesis.recordCount('out'), 10)
  t.equal(kinesis.requests.count('PutRecords'), 1)
})

t.test('letters that cannot be written go to the handler', async t => {
  const letters: DeadLetter[] = []
  const { kinesis, sink } = await streaming(t, b =>
    b.setMaxRecordSizeInBytes(100).setDeadLetterHandler(some => void letters.push(...some)),
  )
  await pipeline(Readable.from(['k 1', `k ${'x'.repeat(200)}`, 'k 2']), sink.writable())
  t.same(stored(kinesis).sort(), ['k 1', 'k 2'])
  t.match(letters, [{ code: 'RECORD_TOO_LARGE', partitionKey: 'k' }])
})

t.test('the same as a stream of the web', async t => {
  const { kinesis, sink } = await streaming(t)
  await ReadableStream.from(['k 1', 'k 2', 'k 3']).pipeTo(sink.writableStream())
  t.same(stored(kinesis).sort(), ['k 1', 'k 2', 'k 3'])
  kinesis.faults.inject({
    operation: 'PutRecords',
    times: Infinity,
    fault: { kind: 'error', name: 'AccessDeniedException', status: 400, message: 'no' },
  })
  const writer = sink.writableStream().getWriter()
  await writer.write('k 4')
  await t.rejects(writer.close(), { code: 'ACCESS_DENIED' })
})
