/**
 * Dates and times as text in Flink's formats. As with Java's formatters, a date must exist, while the date of a timestamp is adjusted to
 * the last day of its month: 30 February becomes 29 or 28 February. 24:00:00 is the end of a day.
 */
import { LocalDate, LocalDateTime, LocalTime, YearMonth } from '@js-joda/core'

const YEAR = String.raw`(\d{4}|-\d{4,10}|\+\d{5,10})`
const DATE = new RegExp(`^${YEAR}-(\\d\\d)-(\\d\\d)$`)
const TIME = String.raw`(\d\d):(\d\d):(\d\d)(?:\.(\d{0,9}))?`
const PATTERNS = {
  'T Z': new RegExp(`^${YEAR}-(\\d\\d)-(\\d\\d)T${TIME}Z$`),
  space: new RegExp(`^${YEAR}-(\\d\\d)-(\\d\\d) ${TIME}$`),
  'space Z': new RegExp(`^${YEAR}-(\\d\\d)-(\\d\\d) ${TIME}Z$`),
}
const TIME_Z = new RegExp(`^${TIME}Z$`)

/** The separator and the suffix: `T Z` is RFC 3339 in UTC, `space` is SQL. */
export type TimestampPattern = keyof typeof PATTERNS

/** @throws Error */
export function parseLocalDate(text: string): LocalDate {
  const match = DATE.exec(text)
  if (match === null) throw new RangeError(`'${text}' is not a date such as 2024-02-29`)
  return LocalDate.of(Number(match[1]), Number(match[2]), Number(match[3]))
}

/** @throws Error */
export function parseTimestamp(text: string, pattern: TimestampPattern): LocalDateTime {
  const match = PATTERNS[pattern].exec(text)
  if (match === null) throw new RangeError(`'${text}' is not a timestamp such as ${EXAMPLES[pattern]}`)
  const day = Number(match[3])
  const month = YearMonth.of(Number(match[1]), Number(match[2]))
  const date = day > 0 && day <= 31 ? month.atDay(Math.min(day, month.lengthOfMonth())) : month.atDay(day)
  const value = LocalDateTime.of(date, timeOf(match[4]!, match[5]!, match[6]!, match[7]))
  return match[4] === '24' ? value.plusDays(1) : value
}

const EXAMPLES: Readonly<Record<TimestampPattern, string>> = {
  'T Z': '2024-02-29T12:34:56.789Z',
  space: '2024-02-29 12:34:56.789',
  'space Z': '2024-02-29 12:34:56.789Z',
}

/** `12:34:56Z`. @throws Error */
export function parseTimeOfUtc(text: string): LocalTime {
  const match = TIME_Z.exec(text)
  if (match === null) throw new RangeError(`'${text}' is not a time such as 12:34:56Z`)
  const time = timeOf(match[1]!, match[2]!, match[3]!, match[4])
  if (time.nano() !== 0) throw new RangeError(`'${text}' has a fraction of a second`)
  return time
}

function timeOf(hour: string, minute: string, second: string, fraction: string | undefined): LocalTime {
  const nanos = fraction === undefined ? 0 : Number(fraction.padEnd(9, '0'))
  if (hour === '24' && Number(minute) === 0 && Number(second) === 0 && nanos === 0) return LocalTime.MIDNIGHT
  return LocalTime.of(Number(hour), Number(minute), Number(second), nanos)
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

/** `2024-02-29`. Years of more than four digits have a sign. */
export const dateText = (date: LocalDate): string => date.toString()

/** `12:34:56.789`, without trailing zeros; `12:34:56` for a whole second. */
export function timeText(time: LocalTime): string {
  const nanos = time.nano()
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  return `${two(time.hour())}:${two(time.minute())}:${two(time.second())}${fraction}`
}

export function timestampText(value: LocalDateTime, pattern: TimestampPattern): string {
  const separator = pattern === 'T Z' ? 'T' : ' '
  const end = pattern === 'space' ? '' : 'Z'
  return `${dateText(value.toLocalDate())}${separator}${timeText(value.toLocalTime())}${end}`
}
