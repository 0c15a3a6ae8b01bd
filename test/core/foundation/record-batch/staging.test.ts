import t from 'tap'

import { regionOf, stage, worthStaging } from '../../../../core/foundation/record-batch/staging.ts'

t.test('the region is the least that holds all slices', async t => {
  const offsets = Uint32Array.of(50, 10, 30)
  const lengths = Uint32Array.of(5, 5, 5)
  t.same(regionOf(offsets, lengths, 0, 3), { from: 10, to: 55 })
  t.same(regionOf(offsets, lengths, 1, 3), { from: 10, to: 35 })
  t.same(regionOf(offsets, lengths, 1, 1), { from: 0, to: 0 })
})

t.test('staging pays for short slices that lie close together', async t => {
  t.equal(worthStaging({ from: 0, to: 1000 }, 900, 10), true)
  t.equal(worthStaging({ from: 0, to: 10_000 }, 900, 10), false, 'far apart')
  t.equal(worthStaging({ from: 0, to: 10_000 }, 10_000, 10), false, 'long')
})

t.test('the answer is the way from a source offset to its place in the output', async t => {
  const source = Buffer.from('0123456789')
  const out = Buffer.alloc(20)
  const delta = stage(source, { from: 3, to: 7 }, out, 12)
  t.equal(out.toString('latin1', 3 + delta, 7 + delta), '3456')
  t.equal(3 + delta, 12)
})
