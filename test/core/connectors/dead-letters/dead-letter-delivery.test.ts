import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import type { DeadLetter } from '../../../../core/index.ts'
import type { DeadLettersSpec } from '../../../../core/connectors/dead-letters/dead-letters-spec.ts'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import type { DeadLetterFunction } from '../../../../core/operators/dead-letter.ts'
import { KinesisStreamsSinkConnector } from '../../../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { KinesisEmulator } from '../../../../emulator/index.ts'
import { sourceBatch } from '../../fakes/batches.ts'
import { kinesisSinkSpec } from '../../fakes/graphs.ts'

async function folder(t: Test): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'shardline-dead-letters-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function writing(
  t: Test,
  spec: DeadLettersSpec,
  {
    handler = null as DeadLetterFunction | null,
    maxRecordSizeInBytes = 1_000_000,
    keyOf = (v: unknown): unknown => `k${String(v).length}`,
  } = {},
) {
  const kinesis = await KinesisEmulator.start({ streams: { out: 1, letters: 1 }, limits: false })
  t.teardown(() => kinesis.close())
  const described = kinesisSinkSpec({
    streamArn: kinesis.streamArn('out'),
    partitionKeyGenerator: { type: 'local', localId: 'key' },
    deadLetters: spec,
    maxRecordSizeInBytes,
    configuration: {
      'aws.endpoint': kinesis.endpoint,
      'aws.credentials.provider.basic.accesskeyid': 'a',
      'aws.credentials.provider.basic.secretkey': 'b',
    },
  })
  const failures: unknown[] = []
  const sink = new KinesisStreamsSinkConnector(described, new Configuration(), systemClock, {
    key: keyOf,
    deadLetters: handler,
  })
  const writer = sink.createWriter({ subtask: 0, parallelism: 1, restored: [], fail: e => failures.push(e) })
  t.teardown(() => writer.close())
  const written = (): string[] => kinesis.records('out').flatMap(s => s.records.map(r => r.text))
  return { kinesis, sink, writer, failures, written }
}

const asText = (batch: RecordBatch): RecordBatch => batch.withSlab('text', batch, null)

t.test(
  'records that are too large, null or without a key go to the handler with the reason; the others are written',
  async t => {
    const deadLetters: DeadLetter[] = []
    const { writer, written, failures } = await writing(
      t,
      { type: 'local', localId: 'x' },
      {
        handler: l => void deadLetters.push(...l),
        maxRecordSizeInBytes: 20,
        keyOf: v => (v === 'keyless' ? '' : v === 'hashless' ? { partitionKey: 'k', explicitHashKey: 'x' } : 'key'),
      },
    )
    let acknowledged = 0
    const batch = asText(sourceBatch('a', 'x'.repeat(18), 'b', 'keyless', 'hashless', 'c'))
    await writer.write(batch, n => (acknowledged += n))
    await writer.write(RecordBatch.pack('text', ['d', null]))
    await writer.finish()
    t.same(written(), ['a', 'b', 'c', 'd'])
    t.same(
      deadLetters.map(l => [l.code, l.data.toString(), l.partitionKey]),
      [
        ['RECORD_TOO_LARGE', 'x'.repeat(18), 'key'],
        ['VALIDATION_FAILED', 'keyless', null],
        ['VALIDATION_FAILED', 'hashless', deadLetters[2]!.partitionKey],
        ['VALIDATION_FAILED', '', deadLetters[3]!.partitionKey],
      ],
    )
    t.match(deadLetters[0], {
      stream: 'out',
      message: /21 bytes .* over maxRecordSizeInBytes \(20\)/,
      position: { stream: 'flights', sequenceNumber: /^495/ },
    })
    t.match(deadLetters[1]!.message, /empty key/)
    t.match(deadLetters[3], { message: /null/, position: null })
    t.match(writer.metrics(), { records: 4, deadLetters: 4 })
    t.equal(acknowledged, 6)
    t.same(failures, [])
  },
)

t.test('a record that the service refuses alone becomes a line of a file, with its position', async t => {
  const file = path.join(await folder(t), 'letters.jsonl')
  // The stream's own limit is lower than that of the sink.
  const { writer, written, failures } = await writing(
    t,
    { type: 'file', path: file },
    { maxRecordSizeInBytes: 4_000_000 },
  )
  const large = 'y'.repeat(1_200_000)
  await writer.write(asText(sourceBatch('a', large, 'b')))
  await writer.snapshot()
  await writer.finish()
  t.same(written().sort(), ['a', 'b'])
  t.same(failures, [])
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map(l => JSON.parse(l) as Record<string, string>)
  t.equal(lines.length, 1)
  t.match(lines[0], {
    stream: 'out',
    code: /Exception$/,
    partitionKey: 'k1200000',
    explicitHashKey: null,
    time: /^20\d\d-/,
    position: { stream: 'flights', shardId: /^shardId-/, sequenceNumber: /^495/ },
  })
  t.equal(Buffer.from(lines[0]!['data']!, 'base64').toString(), large)
})

t.test('dead letters can be records of another stream', async t => {
  const { kinesis, writer, written } = await writing(
    t,
    { type: 'kinesis-streams', streamArn: null, streamName: 'letters', configuration: { 'aws.region': 'us-east-1' } },
    { maxRecordSizeInBytes: 10 },
  )
  kinesis.faults.inject({ operation: 'PutRecords', stream: 'letters', times: 2, fault: { kind: 'throttle' } })
  await writer.write(RecordBatch.pack('text', ['a', 'z'.repeat(50), 'b']))
  await writer.finish()
  t.same(written(), ['a', 'b'])
  const [letter] = kinesis
    .records('letters')
    .flatMap(s => s.records.map(r => JSON.parse(r.text) as Record<string, string>))
  t.match(letter, { code: 'RECORD_TOO_LARGE', data: Buffer.from('z'.repeat(50)).toString('base64') })
})

t.test('a dead letter that is too large for its stream fails the job, and the error names the remedies', async t => {
  const { writer } = await writing(
    t,
    { type: 'kinesis-streams', streamArn: null, streamName: 'letters', configuration: { 'aws.region': 'us-east-1' } },
    { maxRecordSizeInBytes: 10 },
  )
  await t.rejects(writer.write(RecordBatch.pack('text', ['z'.repeat(1_000_000)])), {
    code: 'DEAD_LETTERS_FAILED',
    message:
      /^1 records for stream out .*Stream letters does not take a dead letter of 13\d{5} bytes.* or write dead letters to a file/,
  })
  await t.rejects(writer.write(RecordBatch.pack('text', ['z'.repeat(20)])), { code: 'DEAD_LETTERS_FAILED' })
})

t.test('a write does not complete before the dead letters are stored', async t => {
  let safe = (): void => undefined
  const { writer } = await writing(
    t,
    { type: 'local', localId: 'x' },
    { handler: () => new Promise(resolve => (safe = resolve)), maxRecordSizeInBytes: 5 },
  )
  let wrote = false
  const write = writer.write(RecordBatch.pack('text', ['too large'])).then(() => (wrote = true))
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(wrote, false)
  safe()
  await write
})

t.test('the error of a handler that fails names the records that would have been lost', async t => {
  const { writer } = await writing(
    t,
    { type: 'local', localId: 'x' },
    { handler: () => Promise.reject(new Error('no space')), maxRecordSizeInBytes: 5 },
  )
  await t.rejects(writer.write(RecordBatch.pack('text', ['too large'])), {
    code: 'DEAD_LETTERS_FAILED',
    message: /1 records for stream out .* no space\. The first of them: a record of 11 bytes/,
  })
})

t.test('a destination that cannot be written is an error before the job runs', async t => {
  const nowhere = path.join(await folder(t), 'missing', 'letters.jsonl')
  const file = await writing(t, { type: 'file', path: nowhere })
  await t.rejects(file.sink.validate(), { code: 'CONFIGURATION_INVALID', message: /dead letters.*missing/ })
  const stream = await writing(t, {
    type: 'kinesis-streams',
    streamArn: null,
    streamName: 'none',
    configuration: { 'aws.region': 'us-east-1' },
  })
  await t.rejects(stream.sink.validate(), { code: 'STREAM_NOT_FOUND', message: /stream none/ })
})
