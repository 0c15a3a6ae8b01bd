import fc from 'fast-check'
import t from 'tap'

import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { sourceBatch, textBatch } from '../../fakes/batches.ts'
import { operatorOf } from '../../fakes/operators.ts'
import { NotedOutput } from '../../fakes/outputs.ts'

const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }), { nil: null, freq: 4 })

t.test('what is packed is what is read, nulls included', async t => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), values => {
      const batch = RecordBatch.pack('text', values)
      return batch.count === values.length && JSON.stringify(batch.values()) === JSON.stringify(values)
    }),
  )
  t.same(RecordBatch.pack('bytes', [Buffer.of(1, 2), null, Buffer.of()]).values(), [Buffer.of(1, 2), null, Buffer.of()])
  t.equal(textBatch('ab', null, 'ü').byteLength, 4)
})

t.test('slices and selections are those of an array', async t => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.nat(),
      fc.array(fc.nat(), { maxLength: 40 }),
      (values, a, b, picks) => {
        const [from, to] = [a % (values.length + 1), b % (values.length + 1)].sort((x, y) => x - y) as [number, number]
        const indices = picks.map(p => p % values.length)
        for (const batch of [RecordBatch.pack('text', values), RecordBatch.ofValues(values)]) {
          const slice = batch.slice(from, to)
          if (JSON.stringify(slice.values()) !== JSON.stringify(values.slice(from, to))) throw new Error('slice')
          if (slice.values().some((v, i) => (v === null) !== slice.isNull(i))) throw new Error('nulls of a slice')
          const selected = batch.select(Uint32Array.from(indices))
          if (JSON.stringify(selected.values()) !== JSON.stringify(indices.map(i => values[i])))
            throw new Error('select')
        }
      },
    ),
  )
  t.pass('held')
})

t.test('a selection of little from a large slab is copied, any other shares the slab', async t => {
  const values = Array.from({ length: 1000 }, (_, i) => `${i} `.padEnd(100, 'x'))
  const large = RecordBatch.pack('text', values)
  const few = large.select(Uint32Array.of(3, 999))
  t.equal(few.slab.length, 200)
  t.same(few.values(), [values[3], values[999]])
  t.equal(large.select(Uint32Array.from({ length: 900 }, (_, i) => i)).slab, large.slab)
  const small = RecordBatch.pack('text', values.slice(0, 10))
  t.equal(small.select(Uint32Array.of(1)).slab, small.slab)
})

t.test('a slice of everything is the batch itself', async t => {
  const batch = textBatch('a', 'b')
  t.equal(batch.slice(0, 2), batch)
})

t.test('positions and times follow the records through slices, filters and flat_map', async t => {
  const source = sourceBatch('a', 'b', 'c', 'd', 'e')
  const at = (n: number) => source.positions!.at(n)
  const through = async (
    batch: RecordBatch,
    operation: 'filter' | 'flat_map',
    fn: (v: never) => unknown,
  ): Promise<RecordBatch> => {
    const operator = await operatorOf(operation, fn)
    const output = new NotedOutput()
    await operator.open(output, output)
    await operator.process(batch, 0)
    return output.batches[0]!
  }
  const filtered = await through(source.slice(1, 5), 'filter', (v: Buffer) => String(v) !== 'c') // b d e
  const flat = await through(filtered, 'flat_map', (v: Buffer) =>
    String(v) === 'd' ? [] : [`${String(v)}1`, `${String(v)}2`],
  )
  t.same(flat.values(), ['b1', 'b2', 'e1', 'e2'])
  t.same(
    [0, 1, 2, 3].map(i => flat.positions!.at(i)),
    [at(1), at(1), at(4), at(4)],
  )
  t.same(
    [...flat.timestamp!],
    [1, 1, 4, 4].map(n => source.timestamp![n]),
  )
  t.same(flat.slice(2, 3).positions!.at(0), at(4))
  t.match(at(4), { stream: 'flights', shardId: 'shardId-000000000003', partitionKey: 'key 4', sequenceNumber: /4$/ })
})

t.test('other values keep the records that they were made of', async t => {
  const source = sourceBatch('a', 'b')
  const mapped = source.withValues([1, 2], null)
  t.same([mapped.payload, mapped.values()], ['object', [1, 2]])
  t.same(mapped.positions!.at(1), source.positions!.at(1))
  const slab = { slab: Buffer.from('xy'), dataOffset: Uint32Array.of(0, 1), dataLength: Uint32Array.of(1, 1) }
  const text = source.withSlab('text', slab, Uint32Array.of(1, 1))
  t.same(text.values(), ['x', 'y'])
  t.same(text.positions!.at(0), source.positions!.at(1))
})

t.test('the records that values were made of stay with them, where they are kept', async t => {
  const source = sourceBatch('a', 'b', 'c', 'd')
  const text = (batch: RecordBatch): string[] =>
    Array.from({ length: batch.count }, (_, i) => batch.record(i).toString())
  t.same(text(source), ['a', 'b', 'c', 'd'])
  const kept = source.withValuesAndRecords([1, 2, 3], Uint32Array.of(0, 2, 3), { type: 'INT' })
  t.same([kept.values(), text(kept), kept.valueType], [[1, 2, 3], ['a', 'c', 'd'], { type: 'INT' }])
  t.same(text(kept.slice(1, 3)), ['c', 'd'])
  t.same(text(kept.select(Uint32Array.of(2, 0)).withTimestamps(Float64Array.of(1, 2))), ['d', 'a'])
  t.same(text(source.withValuesAndRecords([1, 2, 3, 4], null, null)), ['a', 'b', 'c', 'd'])
  t.same(text(source.withValues([{ data: Buffer.from('whole') }, { data: 'x' }, null, 4], null)), ['whole', '', '', ''])
})

t.test('JavaScript values may be anything', async t => {
  const batch = RecordBatch.ofValues([undefined, null, 0, { a: 1 }])
  t.same(batch.values(), [undefined, null, 0, { a: 1 }])
  t.same(
    [0, 1, 2].map(i => batch.isNull(i)),
    [false, true, false],
  )
  t.equal(batch.byteLength, 0)
})
