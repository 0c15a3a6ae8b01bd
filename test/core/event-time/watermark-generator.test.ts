import t from 'tap'

import { WatermarkGenerator } from '../../../core/event-time/watermark-generator.ts'
import type { WatermarkSettings } from '../../../core/graph/watermark-strategy-spec.ts'

const generatorOf = (overrides: Partial<WatermarkSettings> = {}): WatermarkGenerator =>
  new WatermarkGenerator({ type: 'monotonous', maxOutOfOrdernessMs: null, idlenessMs: null, ...overrides })

t.test('a watermark is a millisecond below the greatest timestamp, and below the bound where there is one', async t => {
  const monotonous = generatorOf()
  const bounded = generatorOf({ type: 'bounded-out-of-orderness', maxOutOfOrdernessMs: 100 })
  for (const g of [monotonous, bounded]) {
    g.onPeriodicEmit(0, false)
    t.equal(g.watermarkMs, -Infinity)
    g.onRecords(1000)
    g.onRecords(400)
    t.equal(g.watermarkMs, -Infinity, 'only when it is asked')
    g.onPeriodicEmit(0, false)
  }
  t.equal(monotonous.watermarkMs, 999)
  t.equal(bounded.watermarkMs, 899)
})

t.test('no watermarks are none', async t => {
  const g = generatorOf({ type: 'none' })
  g.onRecords(1000)
  g.onPeriodicEmit(0, false)
  t.equal(g.watermarkMs, -Infinity)
})

t.test('it is idle after the timeout without records, counted from the first look that found none', async t => {
  const g = generatorOf({ idlenessMs: 1000 })
  const idleAt = (nowMs: number, paused = false): boolean => {
    g.onPeriodicEmit(nowMs, paused)
    return g.idle
  }
  g.onRecords(1)
  t.same(
    [0, 200, 1200].map(at => idleAt(at)),
    [false, false, false],
  )
  t.equal(idleAt(1201), true)
  g.onRecords(2)
  t.same([idleAt(1300), g.watermarkMs], [false, 1])
  t.same(
    [1400, 2400].map(at => idleAt(at)),
    [false, false],
  )
  t.equal(idleAt(2401, true), false, 'who is paused is not idle')
  t.same(
    [2500, 3500].map(at => idleAt(at)),
    [false, false],
  )
  t.equal(idleAt(3501), true)
})
