/**
 * Text must be valid UTF-8 once it is text: Flink's `SimpleStringSchema` (Java's `new String(bytes, charset)`) replaces each
 * malformed sequence by U+FFFD. Nearly every record is valid, so the check is what has to be cheap: four bytes at a time for
 * ASCII, the platform's validator for the rest, and a copy only for the record that needs it.
 */
import { isUtf8 } from 'node:buffer'

import type { RecordBatch } from './record-batch.ts'

function isAscii(slab: Buffer, words: Uint32Array, base: number, from: number, to: number): boolean {
  let i = from
  let seen = 0
  while (i < to && ((i + base) & 3) !== 0) seen |= slab[i++]!
  const lastWord = (to + base) >> 2
  let bits = 0
  for (let w = (i + base) >> 2; w < lastWord; w++) bits |= words[w]!
  if (i < to) for (i = Math.max(i, (lastWord << 2) - base); i < to; i++) seen |= slab[i]!
  return (bits & 0x80808080) === 0 && seen < 0x80
}

/** The batch as text; the same slab where every record is valid UTF-8. */
export function asText(batch: RecordBatch): RecordBatch {
  const { slab, dataOffset, dataLength, count } = batch
  const base = slab.byteOffset & 3
  const words = new Uint32Array(slab.buffer, slab.byteOffset - base, (slab.length + base) >> 2)
  let malformed: number[] | null = null
  for (let i = 0; i < count; i++) {
    const from = dataOffset[i]!
    const to = from + dataLength[i]!
    if (isAscii(slab, words, base, from, to) || isUtf8(slab.subarray(from, to))) continue
    ;(malformed ??= []).push(i)
  }
  if (malformed === null) return batch.withSlab('text', { slab, dataOffset, dataLength, nulls: batch.nulls }, null)

  const offsets = dataOffset.slice()
  const lengths = dataLength.slice()
  const parts = [slab]
  let end = slab.length
  for (const i of malformed) {
    const mended = Buffer.from(slab.utf8Slice(offsets[i]!, offsets[i]! + lengths[i]!))
    offsets[i] = end
    lengths[i] = mended.length
    end += mended.length
    parts.push(mended)
  }
  const columns = { slab: Buffer.concat(parts, end), dataOffset: offsets, dataLength: lengths, nulls: batch.nulls }
  return batch.withSlab('text', columns, null)
}
