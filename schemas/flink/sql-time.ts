/**
 * Converts between local dates and times and the milliseconds of java.sql's Date, Time and Timestamp. As in Java, the zone is that of
 * the process, and the calendar is Julian before 15 October 1582. For times before 1900, Java uses standard time, where JavaScript
 * uses local mean time. A time more than 100,000,000 days from 1970 is a RangeError, because JavaScript's Date cannot hold it.
 */
import { ChronoField, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

const DAY_MS = 86_400_000
/** 15 October 1582, the first Gregorian day, in days since 1970. */
const GREGORIAN_DAY = -141_427
/** 1900-01-01T00:00Z. */
const HISTORY_MS = -2_208_988_800_000
/** ECMA-262: time values. */
const MAX_DATE_MS = 8.64e15

const floorMod = (a: number, b: number): number => a - Math.floor(a / b) * b

/** The days since 1970 of a date in the calendar of its time. */
function dayOf(year: number, month: number, day: number): number {
  const gregorian = Date.UTC(2000 + floorMod(year, 400), month - 1, day) / DAY_MS
  const era = Math.floor(year / 400) - 5
  const days = gregorian + era * 146_097
  if (days >= GREGORIAN_DAY) return days
  const shifted = month <= 2 ? year - 1 : year
  const monthFromMarch = (month + 9) % 12
  return 365 * shifted + Math.floor(shifted / 4) + Math.floor((153 * monthFromMarch + 2) / 5) + day - 719_471
}

function julianDate(epochDay: number): LocalDate {
  const days = epochDay + 719_470
  const year = Math.floor((4 * days + 3) / 1461)
  const dayOfYear = days - (365 * year + Math.floor(year / 4))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  // 29 February 1500 exists in the Julian calendar only.
  const civil = month <= 2 ? year + 1 : year
  return day === 29 && month === 2 && new Date(Date.UTC(2000 + floorMod(civil, 400), 1, 29)).getUTCDate() !== 29
    ? LocalDate.of(civil, 3, 1)
    : LocalDate.of(civil, month, day)
}

function standardOffsetMs(): number {
  const year = new Date().getFullYear()
  return -Math.max(new Date(year, 0, 1).getTimezoneOffset(), new Date(year, 6, 1).getTimezoneOffset()) * 60_000
}

/** Milliseconds since 1970 of a local date and time. */
function instantOf(epochDay: number, milliOfDay: number): number {
  const local = within(epochDay * DAY_MS + milliOfDay)
  if (local < HISTORY_MS) return local - standardOffsetMs()
  const utc = new Date(local)
  const guess = new Date(
    utc.getUTCFullYear(),
    utc.getUTCMonth(),
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
    utc.getUTCMilliseconds(),
  ).getTime()
  return later(within(guess), local)
}

/** @throws RangeError */
function within(ms: number): number {
  if (Math.abs(ms) <= MAX_DATE_MS) return ms
  throw new RangeError('the range is from 20 April 271822 BC to 13 September 275760')
}

/** When the clock shows an hour twice, Java uses the later one, in standard time, and JavaScript the earlier one. */
function later(guess: number, local: number): number {
  const next = guess + 3_600_000
  return localMs(next) === local ? next : guess
}

/** The local date and time, as milliseconds since 1970 in UTC. */
function localMs(ms: number): number {
  within(ms)
  if (ms < HISTORY_MS) return ms + standardOffsetMs()
  const at = new Date(ms)
  return Date.UTC(
    at.getFullYear(),
    at.getMonth(),
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
    at.getMilliseconds(),
  )
}

function dateOf(local: number): LocalDate {
  const day = Math.floor(local / DAY_MS)
  return day < GREGORIAN_DAY ? julianDate(day) : LocalDate.ofEpochDay(day)
}

/** @throws RangeError */
export function sqlDateToMillis(date: LocalDate): number {
  return instantOf(dayOf(date.year(), date.monthValue(), date.dayOfMonth()), 0)
}

/** @throws RangeError */
export function sqlDateOfMillis(ms: number): LocalDate {
  return dateOf(localMs(ms))
}

/** The time on 1 January 1970, truncated to milliseconds. */
export function sqlTimeToMillis(time: LocalTime): number {
  return instantOf(0, time.get(ChronoField.MILLI_OF_DAY))
}

export function sqlTimeOfMillis(ms: number): LocalTime {
  return LocalTime.ofNanoOfDay(floorMod(localMs(ms), DAY_MS) * 1_000_000)
}

/** Truncated to milliseconds. The caller writes the nanoseconds of the second separately. @throws RangeError */
export function sqlTimestampToMillis(value: LocalDateTime): number {
  const day = dayOf(value.year(), value.monthValue(), value.dayOfMonth())
  return instantOf(day, value.toLocalTime().get(ChronoField.MILLI_OF_DAY))
}

/** @throws RangeError or js-joda's error */
export function sqlTimestampOf(ms: number, nanos: number): LocalDateTime {
  const local = localMs(ms)
  const second = Math.floor(floorMod(local, DAY_MS) / 1000)
  return LocalDateTime.of(dateOf(local), LocalTime.ofSecondOfDay(second).withNano(nanos))
}
