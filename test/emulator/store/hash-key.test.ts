import fc from 'fast-check'
import t from 'tap'

import { evenRanges, HASH_KEY_SPACE, HashRing, parseHashKey, writeWords } from '../../../emulator/store/hash-key.ts'

t.test('even ranges cover the hash key space without gap or overlap', async t => {
  for (const count of [1, 2, 3, 7, 1000]) {
    const ranges = evenRanges(count)
    t.equal(ranges[0]!.start, 0n)
    t.equal(ranges.at(-1)!.end, HASH_KEY_SPACE - 1n)
    t.ok(ranges.every((range, i) => i === 0 || range.start === ranges[i - 1]!.end + 1n))
  }
})

t.test('a ring finds the one range that holds a key', async () => {
  const key = fc.bigInt({ min: 0n, max: HASH_KEY_SPACE - 1n })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), key, (count, hashKey) => {
      const ranges = evenRanges(count)
      const words = new Uint32Array(4)
      const ring = new HashRing(ranges, range => range)
      return [hashKey, ...ranges.flatMap(({ start, end }) => [start, end])].every(candidate => {
        writeWords(candidate, words)
        const { start, end } = ring.find(words)
        return start <= candidate && candidate <= end
      })
    }),
  )
})

t.test('a hash key is a decimal from 0 to 2^128 - 1', async t => {
  t.equal(parseHashKey('ExplicitHashKey', '0'), 0n)
  t.equal(parseHashKey('ExplicitHashKey', String(HASH_KEY_SPACE - 1n)), HASH_KEY_SPACE - 1n)
  for (const text of ['', '-1', '01', 'abc', '1e3', String(HASH_KEY_SPACE)]) {
    t.throws(() => parseHashKey('ExplicitHashKey', text), { code: 'InvalidArgumentException' })
  }
})
