import { LocalDate } from '@js-joda/core'
import t from 'tap'

import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { DiscardSink, printPrefix, PrintSink } from '../../../../core/connectors/print/print-sink.ts'
import { Decimal } from '../../../../schemas/contracts/decimal.ts'
import { textBatch } from '../../fakes/batches.ts'

t.test("the prefix is Flink's", async t => {
  t.equal(printPrefix(null, 0, 1), '')
  t.equal(printPrefix('id', 0, 1), 'id> ')
  t.equal(printPrefix(null, 1, 4), '2> ')
  t.equal(printPrefix('id', 1, 4), 'id:2> ')
})

t.test('each value is a line', async t => {
  const lines: string[] = []
  const sink = new PrintSink('id', text => void lines.push(text))
  await sink.validate()
  const writer = sink.createWriter({ subtask: 1, parallelism: 2, restored: [], fail: () => undefined })
  await writer.write(textBatch('a', 'b'))
  await writer.write(RecordBatch.ofValues([1, null]))
  t.same(lines, ['id:2> a\nid:2> b\n', 'id:2> 1\nid:2> null\n'])
  t.equal(await writer.snapshot(), null)
  await writer.finish()
  t.equal(writer.metrics(), null)
})

t.test('a row, a list and bytes are printed as JSON, and what says itself as that', async t => {
  const lines: string[] = []
  const writer = new PrintSink(null, text => void lines.push(text)).createWriter({
    subtask: 0,
    parallelism: 1,
    restored: [],
    fail: () => undefined,
  })
  const loop: unknown[] = []
  loop.push(loop)
  const row = {
    id: 2n ** 63n,
    fare: new Decimal(1250n, 2),
    day: LocalDate.of(2026, 11, 24),
    raw: Buffer.of(1, 2),
    tags: ['a', null],
  }
  const values = [row, [1, { a: 1 }], new Map([[1, 'x']]), Buffer.of(1), new Decimal(5n, 1), Object.create(null), loop]
  await writer.write(RecordBatch.ofValues(values))
  t.same(lines.join('').split('\n'), [
    '{"id":"9223372036854775808","fare":"12.50","day":"2026-11-24","raw":"AQI=","tags":["a",null]}',
    '[1,{"a":1}]',
    '[[1,"x"]]',
    '"AQ=="',
    '0.5',
    '{}',
    '[object Array]',
    '',
  ])
})

t.test('a slow terminal holds the job up', async t => {
  const drained = Promise.resolve()
  const writer = new PrintSink(null, () => drained).createWriter({
    subtask: 0,
    parallelism: 1,
    restored: [],
    fail: () => undefined,
  })
  t.equal(writer.write(textBatch('a')), drained)
})

t.test('discarding takes everything', async t => {
  const writer = new DiscardSink().createWriter()
  t.equal(writer.write(textBatch('a')), undefined)
  t.equal(await writer.snapshot(), null)
})
