import fc from 'fast-check'
import t from 'tap'

import { INDEX_OFFSET, SequenceNumbers, writeIndex } from '../../../emulator/store/sequence-number.ts'

const STAMP = Date.UTC(2025, 0, 1)

t.test('a sequence number has 56 digits, ordered by record and by generation', async t => {
  const parent = new SequenceNumbers(STAMP, 0)
  const child = new SequenceNumbers(STAMP + 1, 1)
  const numbers = [parent.starting, parent.format(1), parent.format(2), parent.format(1e12), parent.ending]
  const all = [...numbers, child.starting, child.format(1)].map(BigInt)
  t.ok(all.every((number, i) => i === 0 || number > all[i - 1]!))
  t.ok([...numbers, child.starting].every(number => /^[1-9]\d{55}$/.test(number)))
})

t.test('neighbours are not consecutive numbers', async t => {
  const numbers = new SequenceNumbers(STAMP, 3)
  t.ok(BigInt(numbers.format(2)) - BigInt(numbers.format(1)) > 1n)
})

t.test('a record is found at its number and the next one behind it', async t => {
  const numbers = new SequenceNumbers(STAMP, 0)
  t.equal(numbers.indexAt(numbers.format(7), false), 7)
  t.equal(numbers.indexAt(numbers.format(7), true), 8)
  const between = String(BigInt(numbers.format(7)) + 1n)
  t.equal(numbers.indexAt(between, false), 8)
  t.equal(numbers.indexAt(between, true), 8)
  const before = String(BigInt(numbers.format(7)) - 1n)
  t.equal(numbers.indexAt(before, false), 7)
  t.equal(numbers.indexAt(before, true), 7)
})

t.test('a number of another shard, or of none, is not of this one', async t => {
  const numbers = new SequenceNumbers(STAMP, 0)
  t.equal(numbers.indexAt(new SequenceNumbers(STAMP, 1).format(1), false), undefined)
  t.equal(numbers.indexAt('0', false), undefined)
  t.equal(numbers.indexAt('x'.repeat(56), false), undefined)
})

t.test('writing an index into the template gives the same digits as formatting', async () => {
  const numbers = new SequenceNumbers(STAMP, 12)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_000_000_000_000_000 }), index => {
      const digits = Buffer.from(numbers.template)
      writeIndex(digits, INDEX_OFFSET, index)
      return digits.toString('latin1') === numbers.format(index)
    }),
  )
})
