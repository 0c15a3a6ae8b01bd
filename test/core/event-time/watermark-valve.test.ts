import fc from 'fast-check'
import t from 'tap'

import type { TimeElement } from '../../../core/event-time/time-element.ts'
import { WatermarkValve } from '../../../core/event-time/watermark-valve.ts'

const watermark = (timestampMs: number): TimeElement => ({ type: 'watermark', timestampMs })
const status = (idle: boolean): TimeElement => ({ type: 'status', idle })

t.test('an input that ended at its end of time holds nobody back; only the last one ends time itself', async t => {
  const valve = new WatermarkValve(2)
  valve.onElement(0, watermark(Infinity))
  t.same(valve.onEnd(0), [])
  t.same(valve.onElement(1, watermark(5)), [watermark(5)])
  t.same(valve.onElement(1, status(true)), [status(true)], 'idle is not at the end')
  t.same(valve.onElement(1, status(false)), [status(false)])
  t.same(valve.onElement(1, watermark(Infinity)), [watermark(Infinity)])
  t.same(valve.onEnd(1), [])
})

t.test('what it says only grows, and active and idle alternate, whatever the inputs do', async t => {
  const step = fc.record({
    input: fc.nat({ max: 2 }),
    what: fc.oneof(fc.nat({ max: 100 }), fc.constantFrom('idle', 'active', 'end')),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const valve = new WatermarkValve(3)
      const ended = new Set<number>()
      let said = -Infinity
      let idle = false
      for (const { input, what } of steps) {
        if (ended.has(input)) continue
        if (what === 'end') ended.add(input)
        const out =
          what === 'end'
            ? valve.onEnd(input)
            : valve.onElement(input, typeof what === 'number' ? watermark(what) : status(what === 'idle'))
        for (const e of out) {
          if (e.type === 'status') {
            if (e.idle === idle) throw new Error('said twice')
            idle = e.idle
          } else if (e.timestampMs <= said) throw new Error(`${e.timestampMs} after ${said}`)
          else said = e.timestampMs
        }
      }
    }),
  )
  t.pass('held')
})
