import t from 'tap'

import { RestoreGate } from '../../../../core/connectors/async-sink/restore-gate.ts'
import { readSinkState, writeSinkState } from '../../../../core/connectors/async-sink/sink-state-codec.ts'
import type { DeadLetter } from '../../../../core/operators/dead-letter.ts'
import { FunctionDestination } from '../../../../core/connectors/dead-letters/dead-letter-destination.ts'
import { EntrySinkWriter } from '../../../../core/connectors/entries/entry-sink-writer.ts'
import type { EntrySinkWriterParts } from '../../../../core/connectors/entries/entry-sink-writer.ts'
import { fixedKey } from '../../../../core/connectors/partition-keys/fixed-keys.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import type { OperatorState } from '../../../../core/checkpoint/operator-state.ts'
import { serializerOf } from '../../../../schemas/serialization.ts'
import { NO_SCHEMA_SERVICES } from '../../../../schemas/glue/schema-services.ts'
import { textBatch } from '../../fakes/batches.ts'
import { entriesOf, FakeSinkStream, runOf } from '../../fakes/fake-sink-stream.ts'
import { kinesisSinkSpec } from '../../fakes/graphs.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'

function writing(overrides: Partial<EntrySinkWriterParts> = {}, restored: readonly OperatorState[] = []) {
  const stream = new FakeSinkStream()
  const failures: unknown[] = []
  const closed: string[] = []
  const writer = new EntrySinkWriter({
    sinkName: 'The sink to stream out',
    streamName: 'out',
    limits: kinesisSinkSpec({ maxBatchSize: 3, maxRecordSizeInBytes: 5 }),
    configuration: new Configuration(),
    clock: new ManualClock(),
    context: { subtask: 0, parallelism: 1, restored, fail: e => failures.push(e) },
    serializer: serializerOf({ type: 'simple-string', charset: 'UTF-8' }, NO_SCHEMA_SERVICES),
    keysOf: fixedKey(0),
    send: stream.send,
    deadLetters: null,
    close: () => closed.push('client'),
    ...overrides,
  })
  const sent = (): string[] => stream.requests.map(r => r.entries.map(e => e[1]).join(''))
  return { stream, writer, failures, closed, sent }
}

t.test('values are serialized, and each gets its key', async t => {
  const { stream, writer } = writing()
  await writer.write(textBatch('a', 'b', 'c'))
  t.same(stream.requests[0]!.entries, [
    ['0', 'a'],
    ['0', 'b'],
    ['0', 'c'],
  ])
})

t.test('without dead letters an invalid record is an error, and no record of its batch is sent', async t => {
  const { writer, sent } = writing()
  await t.rejects(writer.write(textBatch('a', 'too large', 'b')), { code: 'RECORD_TOO_LARGE' })
  t.same(sent(), [])
  t.same(entriesOf([readSinkState((await writer.snapshot())!)]), [])
})

t.test('with dead letters the other records of the batch are sent, and all are acknowledged', async t => {
  const deadLetters: DeadLetter[] = []
  const { stream, writer, sent } = writing({ deadLetters: new FunctionDestination(d => void deadLetters.push(...d)) })
  stream.answersAtOnce = true
  let acknowledged = 0
  await writer.write(textBatch('a', 'too large', 'b', 'too large', 'c'), n => (acknowledged += n))
  await settle()
  t.same(sent(), ['abc'])
  t.match(deadLetters, [{ code: 'RECORD_TOO_LARGE' }, { code: 'RECORD_TOO_LARGE' }])
  t.equal(acknowledged, 5)
  t.match(writer.metrics(), { records: 3, deadLetters: 2 })
})

t.test('a snapshot holds what was not sent, and a restored writer sends it', async t => {
  const { writer } = writing()
  await writer.write(textBatch('a', 'b'))
  const state = await writer.snapshot()
  const next = writing({}, [state!])
  next.stream.answersAtOnce = true
  await next.writer.finish()
  t.same(next.sent(), ['ab'])
})

t.test('a sink that keeps the order of a key sends what it restored before new records', async t => {
  const restored = writeSinkState([runOf([['0', 'old']])])
  const { stream, writer, sent } = writing({ gate: new RestoreGate() }, [restored])
  const written = writer.write(textBatch('a', 'b', 'c'))
  await settle()
  t.same(sent(), ['old'])
  stream.held[0]!.answer()
  await settle()
  await written
  t.same(sent(), ['old', 'abc'])
})

t.test('a packer gets restored and new entries, and is flushed before a snapshot', async t => {
  const calls: string[] = []
  const names = (run: Parameters<FakeSinkStream['send']>[0][number]): string =>
    entriesOf([run])
      .map(e => e[1])
      .join('')
  const packer = () => ({
    write: async (run: Parameters<typeof names>[0]) => void calls.push(`write ${names(run)}`),
    restore: (run: Parameters<typeof names>[0]) => void calls.push(`restore ${names(run)}`),
    flush: () => void calls.push('flush'),
    close: () => void calls.push('close'),
  })
  const { writer } = writing({ packer }, [writeSinkState([runOf([['0', 'old']])])])
  await writer.write(textBatch('a'))
  await writer.snapshot()
  writer.close()
  t.same(calls, ['restore old', 'write a', 'flush', 'close'])
})

t.test('closing closes the client behind the writer', async t => {
  const { writer, closed } = writing()
  writer.close()
  t.same(closed, ['client'])
})
