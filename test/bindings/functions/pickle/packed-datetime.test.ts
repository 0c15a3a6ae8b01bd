import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import fc from 'fast-check'
import t from 'tap'

import {
  packDate,
  packDateTime,
  packInstant,
  packTime,
  unpackDate,
  unpackDateTime,
  unpackInstant,
  unpackTime,
} from '../../../../bindings/functions/pickle/packed-datetime.ts'

t.test('the bytes are those of Python', async t => {
  // datetime.datetime(2026, 2, 28, 23, 59, 58, 123456).__reduce__()
  const packed = Buffer.from('07ea021c173b3a01e240', 'hex')
  const value = LocalDateTime.of(2026, 2, 28, 23, 59, 58, 123_456_000)
  t.same(packDateTime(value), packed)
  t.ok(unpackDateTime(packed).equals(value))
  t.same(packDate(value.toLocalDate()), packed.subarray(0, 4))
  t.same(packTime(value.toLocalTime()), packed.subarray(4))
})

t.test('every date and every microsecond comes back', async () => {
  const days = fc.integer({
    min: LocalDate.of(1, 1, 1).toEpochDay(),
    max: LocalDate.of(9999, 12, 31).toEpochDay(),
  })
  const micros = fc.integer({ min: 0, max: 86_400_000_000 - 1 })
  fc.assert(
    fc.property(days, micros, fc.integer({ min: -86_399, max: 86_399 }), (day, micro, offset) => {
      const date = LocalDate.ofEpochDay(day)
      const time = LocalTime.ofNanoOfDay(micro * 1000)
      const instant = Instant.ofEpochSecond(day * 86_400 + time.toSecondOfDay(), time.nano())
      return (
        unpackDate(packDate(date)).equals(date) &&
        unpackTime(packTime(time)).equals(time) &&
        unpackInstant(packInstant(instant), 0).equals(instant) &&
        unpackInstant(packInstant(instant), offset).equals(instant.minusSeconds(offset))
      )
    }),
  )
})

t.test('what Python does not have is cut off or refused, and its fold is ignored', async t => {
  t.ok(unpackTime(packTime(LocalTime.of(1, 2, 3, 4999))).equals(LocalTime.of(1, 2, 3, 4000)))
  t.throws(() => packDate(LocalDate.of(10_000, 1, 1)), { message: /years are 1 to 9999/ })
  t.throws(() => packDate(LocalDate.of(0, 1, 1)), { message: /years are 1 to 9999/ })
  t.ok(unpackTime(Buffer.of(0x81, 0, 0, 0, 0, 0)).equals(LocalTime.of(1, 0)))
  t.ok(unpackDate(Buffer.of(7, 0xea, 0x81, 2)).equals(LocalDate.of(2026, 1, 2)))
})
