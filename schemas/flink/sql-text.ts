/** `valueOf` of java.sql's Date, Time and Timestamp. A value after the end of a month or day carries into the next. */
import { LocalDate, LocalTime } from '@js-joda/core'
import type { LocalDateTime } from '@js-joda/core'

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const TIME = /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/
const TIMESTAMP = /^(\d{4}-\d{1,2}-\d{1,2}) (\d{1,9}:\d{1,9}:\d{1,9})(?:\.(\d{1,9}))?$/
const DAY_SECONDS = 86_400

/** @throws Error */
export function parseSqlDate(text: string): LocalDate {
  const match = DATE.exec(text)
  const [year, month, day] = (match?.slice(1) ?? []).map(Number)
  if (match === null || month! < 1 || month! > 12 || day! < 1 || day! > 31)
    throw new RangeError(`'${text}' is not a date such as 2024-02-29`)
  return LocalDate.of(year!, month!, 1).plusDays(day! - 1)
}

/** @throws Error */
export function parseSqlTime(text: string): LocalTime {
  return LocalTime.ofSecondOfDay(secondsOf(text) % DAY_SECONDS)
}

/** @throws Error */
export function parseSqlTimestamp(text: string): LocalDateTime {
  const match = TIMESTAMP.exec(text)
  if (match === null) throw new RangeError(`'${text}' is not a timestamp such as 2024-02-29 12:34:56.789`)
  const nanos = Number((match[3] ?? '').padEnd(9, '0'))
  return parseSqlDate(match[1]!).atStartOfDay().plusSeconds(secondsOf(match[2]!)).withNano(nanos)
}

function secondsOf(text: string): number {
  const match = TIME.exec(text)
  if (match === null) throw new RangeError(`'${text}' is not a time such as 12:34:56`)
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
}
