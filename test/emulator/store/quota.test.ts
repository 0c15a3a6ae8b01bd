import fc from 'fast-check'
import t from 'tap'

import { Quota } from '../../../emulator/store/quota.ts'

t.test('a second takes its quota and no more', async t => {
  const quota = new Quota(3)
  for (let i = 0; i < 3; i++) {
    t.ok(quota.fits(1, 0))
    quota.take(1)
  }
  t.notOk(quota.fits(1, 999))
  t.ok(quota.fits(1, 1000))
})

t.test('a large take is paid off by the seconds that follow: 10 at 2 a second refuse for five', async t => {
  const quota = new Quota(2)
  t.ok(quota.available(0))
  quota.take(10)
  t.notOk(quota.available(4999))
  t.ok(quota.available(5000))
})

t.test('more than a second holds fits only when the second is untouched', async t => {
  const quota = new Quota(10)
  t.ok(quota.fits(50, 0))
  quota.take(1)
  t.notOk(quota.fits(50, 0))
  t.ok(quota.fits(50, 1000))
})

t.test('a caller that stays within the rate in every sliding second is never refused', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 200, max: 3000 }), { maxLength: 60 }), gaps => {
      const quota = new Quota(5)
      let now = 0
      return gaps.every(gap => {
        now += gap
        const fits = quota.fits(1, now)
        quota.take(1)
        return fits
      })
    }),
  )
})
