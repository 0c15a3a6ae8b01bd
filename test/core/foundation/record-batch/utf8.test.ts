import fc from 'fast-check'
import t from 'tap'

import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { asText } from '../../../../core/foundation/record-batch/utf8.ts'
import { sourceBatch } from '../../fakes/batches.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A batch whose records begin and end at any address. */
function batchAt(alignment: number, records: readonly Uint8Array[], gap = 0): RecordBatch {
  const memory = Buffer.alloc(alignment + records.reduce((n, r) => n + r.length + gap, 0) + 8, 0xff)
  const dataOffset = new Uint32Array(records.length)
  const dataLength = new Uint32Array(records.length)
  const slab = memory.subarray(alignment, memory.length - 8)
  let at = 0
  records.forEach((r, i) => {
    slab.set(r, at)
    dataOffset[i] = at
    dataLength[i] = r.length
    at += r.length + gap
  })
  return RecordBatch.ofSlab('bytes', { slab, dataOffset, dataLength })
}

t.test('text is what TextDecoder and Buffer make of it: malformed sequences are replaced', async t => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(s => Buffer.from(s)),
    fc.string().map(s => Buffer.from(s)),
    fc.uint8Array({ maxLength: 12 }).map(b => Buffer.from(b)),
    fc
      .constantFrom('c0af', 'eda080', 'f4908080', 'e282', 'f09f98', '80', 'efbbbf61', 'f8888080')
      .map(h => Buffer.from(h, 'hex')),
  )
  const record = fc.array(piece, { maxLength: 4 }).map(p => Buffer.concat(p))
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 12 }),
      fc.nat({ max: 7 }),
      fc.nat({ max: 3 }),
      (records, alignment, gap) => {
        const texts = asText(batchAt(alignment, records, gap)).values()
        records.forEach((r, i) => {
          if (texts[i] !== r.toString('utf8')) throw new Error(`${r.toString('hex')}: Buffer differs`)
          if (texts[i] !== decoder.decode(r)) throw new Error(`${r.toString('hex')}: TextDecoder differs`)
        })
      },
    ),
    { numRuns: 500 },
  )
  t.pass('held')
})

t.test('one byte that is not ASCII is found at every place of a record, at every alignment', async t => {
  for (let alignment = 0; alignment < 8; alignment++)
    for (let length = 1; length < 20; length++)
      for (let at = 0; at < length; at++) {
        const record = Buffer.alloc(length, 'a')
        record[at] = 0xff
        const [text] = asText(batchAt(alignment, [record])).values()
        if (text !== record.toString()) t.fail(`missed at ${at} of ${length}, alignment ${alignment}`)
      }
  t.pass('found')
})

t.test('where everything is valid nothing is copied', async t => {
  const batch = batchAt(3, [Buffer.from('ascii'), Buffer.from('zürich'), Buffer.from('𝕂'), Buffer.of()])
  const text = asText(batch)
  t.equal(text.payload, 'text')
  t.equal(text.slab, batch.slab)
  t.equal(text.dataOffset, batch.dataOffset)
})

t.test('only the record that needs it is copied, and all keep their positions', async t => {
  const source = sourceBatch('good', 'bad?', 'fine')
  source.slab[source.slab.indexOf('?')] = 0x80
  const text = asText(source)
  t.same(text.values(), ['good', 'bad\ufffd', 'fine'])
  t.same([text.dataOffset[0], text.dataOffset[2]], [source.dataOffset[0], source.dataOffset[2]])
  t.same(text.positions!.at(1), source.positions!.at(1))
  t.same(text.timestamp, source.timestamp)
})

t.test('an empty batch is an empty batch', async t => {
  t.equal(asText(RecordBatch.pack('bytes', [])).count, 0)
})
