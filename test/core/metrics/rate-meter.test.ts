import t from 'tap'

import { RateMeter } from '../../../core/metrics/rate-meter.ts'

t.test('nothing is known until there was time to count', async t => {
  const meter = new RateMeter()
  t.equal(meter.perSecond, 0)
  meter.update(0, 10)
  t.equal(meter.perSecond, 0)
  meter.update(500, 1000)
  t.equal(meter.perSecond, 0, 'looks that follow too fast add nothing')
  meter.update(2000, 30)
  t.equal(meter.perSecond, 10)
})

t.test('what lies more than a minute back is forgotten', async t => {
  const meter = new RateMeter()
  meter.update(0, 0)
  for (let s = 1; s <= 60; s++) meter.update(s * 1000, s * 100)
  for (let s = 61; s <= 121; s++) meter.update(s * 1000, 6000)
  t.equal(meter.perSecond, 0)
})

t.test('a counter that starts anew starts the meter anew', async t => {
  const meter = new RateMeter()
  meter.update(0, 1000)
  meter.update(1000, 2000)
  meter.update(2000, 10)
  t.equal(meter.perSecond, 0)
  meter.update(3000, 60)
  t.equal(meter.perSecond, 50)
})
