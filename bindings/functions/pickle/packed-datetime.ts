// The bytes with which Python pickles its dates and times, in both directions.
//
// | class             | bytes                                                                          |
// |-------------------|--------------------------------------------------------------------------------|
// | datetime.date     | year (2, big-endian), month, day                                               |
// | datetime.time     | hour, minute, second, microsecond (3, big-endian)                              |
// | datetime.datetime | those of the date, then those of the time                                      |
//
// The top bit of a date's month, or of a time's hour, is `fold` in Python. It is ignored here.
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

/** The last year of Python's `datetime`, which has years from 1. */
const MAX_YEAR = 9999
const SECONDS_OF_DAY = 86_400

/** @throws RangeError when Python has no such year */
export function packDate(date: LocalDate): Buffer {
  const year = date.year()
  if (year < 1 || year > MAX_YEAR)
    throw new RangeError(`${date.toString()} cannot go to Python, whose years are 1 to ${MAX_YEAR}.`)
  return Buffer.of(year >> 8, year & 0xff, date.monthValue(), date.dayOfMonth())
}

/** Python has microseconds. The rest of the nanoseconds is cut off. */
export function packTime(time: LocalTime): Buffer {
  const micros = Math.floor(time.nano() / 1000)
  return Buffer.of(time.hour(), time.minute(), time.second(), micros >> 16, (micros >> 8) & 0xff, micros & 0xff)
}

export const packDateTime = (value: LocalDateTime): Buffer =>
  Buffer.concat([packDate(value.toLocalDate()), packTime(value.toLocalTime())])

/** The bytes of the `datetime` in UTC. */
export function packInstant(instant: Instant): Buffer {
  const seconds = instant.epochSecond()
  const day = Math.floor(seconds / SECONDS_OF_DAY)
  const date = LocalDate.ofEpochDay(day)
  const time = LocalTime.ofNanoOfDay((seconds - day * SECONDS_OF_DAY) * 1e9 + instant.nano())
  return Buffer.concat([packDate(date), packTime(time)])
}

export const unpackDate = (packed: Buffer): LocalDate =>
  LocalDate.of(packed.readUInt16BE(0), packed[2]! & 0x7f, packed[3]!)

export const unpackTime = (packed: Buffer): LocalTime =>
  LocalTime.of(packed[0]! & 0x7f, packed[1], packed[2], packed.readUIntBE(3, 3) * 1000)

export const unpackDateTime = (packed: Buffer): LocalDateTime =>
  LocalDateTime.of(unpackDate(packed), unpackTime(packed.subarray(4)))

/** @param offsetSeconds What the zone of the `datetime` is ahead of UTC. */
export function unpackInstant(packed: Buffer, offsetSeconds: number): Instant {
  const date = unpackDate(packed)
  const time = unpackTime(packed.subarray(4))
  return Instant.ofEpochSecond(date.toEpochDay() * SECONDS_OF_DAY + time.toSecondOfDay() - offsetSeconds, time.nano())
}
