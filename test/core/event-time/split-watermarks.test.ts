import fc from 'fast-check'
import t from 'tap'

import { maxTimestamp, SplitWatermarks } from '../../../core/event-time/split-watermarks.ts'
import type { WatermarkSettings } from '../../../core/graph/watermark-strategy-spec.ts'

const NOBODY = new Set<string>()

function watermarksOf(overrides: Partial<WatermarkSettings> = {}) {
  const w = new SplitWatermarks({ type: 'monotonous', maxOutOfOrdernessMs: null, idlenessMs: null, ...overrides })
  const said = (active: readonly string[], nowMs = 0): string[] =>
    w
      .onPeriodicEmit(active, NOBODY, nowMs)
      .map(e => (e.type === 'watermark' ? `w${e.timestampMs}` : e.idle ? 'idle' : 'active'))
  return { w, said }
}

t.test('the least of the splits counts, and one that gave nothing yet holds back', async t => {
  const { w, said } = watermarksOf()
  w.onRecords('a', 101)
  t.same(said(['a', 'b']), [])
  w.onRecords('b', 51)
  t.same(said(['a', 'b']), ['w50'])
  t.same(said(['a', 'b']), [], 'said once')
  w.onRecords('b', 501)
  t.same(said(['a', 'b', 'c']), [], 'a new split')
  t.same(said(['a', 'b']), ['w100'], 'which has finished')
  t.same(
    [...w.bySplit],
    [
      ['a', 100],
      ['b', 500],
    ],
  )
})

t.test('without a split nothing advances', async t => {
  const { w, said } = watermarksOf()
  t.same(said([]), [])
  w.onRecords('a', 11)
  t.same(said(['a']), ['w10'])
  t.same(said([]), [])
})

t.test('idle splits hold nobody back, and when all are idle so is the stream', async t => {
  const { w, said } = watermarksOf({ idlenessMs: 100 })
  w.onRecords('a', 11)
  t.same(said(['a', 'b'], 0), [])
  w.onRecords('a', 21)
  t.same(said(['a', 'b'], 150), ['w20'])
  t.same(said(['a', 'b'], 200), [])
  t.same(said(['a', 'b'], 301), ['idle'])
  w.onRecords('b', 31)
  t.same(said(['a', 'b'], 350), ['active', 'w30'])
})

t.test('a source without splits is idle, timeout or not, once that is no mere moment', async t => {
  for (const idlenessMs of [null, 100]) {
    const { said } = watermarksOf({ idlenessMs })
    t.same([said([], 0), said([], 10), said([], 20), said(['a'], 30), said([], 40)], [[], ['idle'], [], ['active'], []])
  }
})

t.test('a watermark never goes back, and is never ahead of what an active split may still give', async t => {
  const step = fc.record({
    split: fc.constantFrom('a', 'b', 'c'),
    ahead: fc.nat({ max: 50 }),
    active: fc.subarray(['a', 'b', 'c']),
    emit: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const { w } = watermarksOf()
      const latest = new Map<string, number>()
      let said = -Infinity
      for (const { split, ahead, active, emit } of steps) {
        if (active.includes(split)) {
          const timestamp = Math.max(latest.get(split) ?? 0, said === -Infinity ? 0 : said) + ahead
          latest.set(split, timestamp)
          w.onRecords(split, timestamp)
        }
        if (!emit) continue
        for (const e of w.onPeriodicEmit(active, NOBODY, 0)) {
          if (e.type === 'status') {
            if (e.idle && active.length > 0) throw new Error('idle with an active split')
            continue
          }
          if (e.timestampMs <= said) throw new Error(`${e.timestampMs} after ${said}`)
          said = e.timestampMs
          for (const id of active) if (said >= (latest.get(id) ?? -Infinity)) throw new Error(`ahead of ${id}`)
        }
        for (const id of latest.keys()) if (!active.includes(id)) latest.delete(id)
      }
    }),
  )
  t.pass('held')
})

t.test('the greatest timestamp of a column, or none', async t => {
  t.equal(maxTimestamp(Float64Array.of(3, -Infinity, 7, 5)), 7)
  t.equal(maxTimestamp(null), -Infinity)
})
