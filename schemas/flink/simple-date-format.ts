/**
 * Parses times by a pattern of Java's `SimpleDateFormat`, which `source.init.timestamp.format` sets.
 *
 *   y year    M month (MMM, MMMM: English name)    d day of the month    E day's English name (read, not checked)
 *   H hour 0-23    k hour 1-24    K hour 0-11    h hour 1-12    a AM or PM    m minute    s second    S millisecond
 *   X ISO zone (Z, +01, +0100, +01:00 by length)    Z zone +0100    z zone as UTC, GMT or GMT+01:00    'text' literal
 *
 * As in Java, a number that is too large carries into the next unit (2026-02-30 is 2 March). With one or two `y`, a year of two digits
 * lies between 80 years before and 20 years after now. Spaces before a field are skipped. A time without a zone is in the zone of
 * this machine; an hour that the clock shows twice is in standard time. Unlike in Java, the whole text must match, numbers have no
 * sign, UTC and GMT are the only names of zones, and the calendar is Gregorian before 1582 too.
 */
import { maskedUrl } from '../../core/foundation/config/mask.ts'
import { ConfigurationError } from '../../core/foundation/errors.ts'

/** Returns epoch milliseconds, or `null` when the text does not match. */
export type DateParser = (text: string) => number | null

interface Fields {
  year: number
  /** Whether the year was written with two digits. */
  isShortYear: boolean
  month: number
  day: number
  /** 0-23. `null` when the text has none. */
  hour: number | null
  /** 0-11. `null` when the text has none. */
  hour12: number | null
  /** `null` when the text has none. */
  pm: boolean | null
  /** Whether `hour12` or `pm` came after `hour`. */
  hour12IsLast: boolean
  minute: number
  second: number
  ms: number
  /** Minutes east of Greenwich. `null` for the zone of this machine. */
  zone: number | null
}

interface Token {
  readonly letter: string
  readonly length: number
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ')
const DAYS = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Mon|Tue|Wed|Thu|Fri|Sat|Sun'
const NUMERIC = new Set('yMdHkKhmsS')
const KNOWN = new Set([...NUMERIC, 'a', 'E', 'X', 'Z', 'z'])

/** @throws ConfigurationError with the pattern letter that is not supported */
export function simpleDateFormat(pattern: string, key: string, nowMs = Date.now()): DateParser {
  const { expression, tokens } = compile(pattern, key)
  return text => {
    const match = expression.exec(text.trim())
    if (match === null) return null
    const fields: Fields = {
      year: 1970,
      isShortYear: false,
      month: 1,
      day: 1,
      hour: null,
      hour12: null,
      pm: null,
      hour12IsLast: false,
      minute: 0,
      second: 0,
      ms: 0,
      zone: null,
    }
    const read = tokens.every((token, i) => apply(fields, token, match[i + 1]!.trim()))
    return read ? toEpochMs(fields, nowMs) : null
  }
}

function compile(pattern: string, key: string): { expression: RegExp; tokens: Token[] } {
  const parts = [...pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)]
  const tokens: Token[] = []
  let source = ''
  parts.forEach((part, i) => {
    const [text, quoted, letter] = part
    if (text === "'") throw new ConfigurationError(`${key}: '${maskedUrl(pattern)}' has an unterminated quote.`)
    if (quoted !== undefined) source += escape(quoted === '' ? "'" : quoted.replaceAll("''", "'"))
    else if (letter === undefined) source += escape(text)
    else {
      if (!KNOWN.has(letter))
        throw new ConfigurationError(
          `${key}: the pattern letter '${letter}' in '${maskedUrl(pattern)}' is not supported. Use y M d E H k K h a m s S X Z z, text in quotes, or epoch seconds.`,
        )
      const token = { letter, length: text.length }
      const next = parts[i + 1]?.[2]
      const abuts = next !== undefined && NUMERIC.has(next) && !(next === 'M' && parts[i + 1]![0].length > 2)
      tokens.push(token)
      source += `${abuts ? '' : '[ \\t]*'}(${expressionOf(token, abuts)})`
    }
  })
  return { expression: new RegExp(`^${source}$`), tokens }
}

/** Java's largest int. For larger numbers Java keeps only the low bits. */
const MAX_DIGITS = 10
const MAX_NUMBER = 2_147_483_647

/** A number that is directly followed by another has as many digits as its pattern has letters. */
function expressionOf({ letter, length }: Token, abuts: boolean): string {
  switch (letter) {
    case 'a':
      return anyCase('AM|PM')
    case 'E':
      return anyCase(DAYS)
    case 'X':
      return `Z|[+-]\\d\\d${length === 1 ? '' : length === 2 ? '\\d\\d' : ':\\d\\d'}`
    case 'Z':
    case 'z':
      return `${anyCase('UTC')}|${anyCase('GMT')}(?:[+-]\\d{1,2}:\\d\\d)?|[+-]\\d{4}`
    default:
      if (letter === 'M' && length > 2) return anyCase(MONTHS.map(m => `${m}|${m.slice(0, 3)}`).join('|'))
      return abuts ? paddedNumber(length) : `\\d{1,${MAX_DIGITS}}`
  }
}

/** A number of `length` characters, with leading spaces. */
const paddedNumber = (length: number): string =>
  Array.from({ length }, (_, spaces) => `[ \\t]{${spaces}}\\d{${length - spaces}}`).join('|')

const anyCase = (words: string): string =>
  words.replace(/[a-z]/gi, letter => `[${letter.toUpperCase()}${letter.toLowerCase()}]`)

/** False: the text means nothing. */
function apply(fields: Fields, { letter, length }: Token, text: string): boolean {
  const number = Number(text)
  if (number > MAX_NUMBER) return false
  switch (letter) {
    case 'y':
      fields.year = number
      fields.isShortYear = length <= 2 && text.length === 2
      return true
    case 'M':
      fields.month = length > 2 ? MONTHS.findIndex(m => m.startsWith(text.toLowerCase())) + 1 : number
      return true
    case 'd':
      fields.day = number
      return true
    case 'H':
      fields.hour = number
      fields.hour12IsLast = false
      return true
    case 'k':
      fields.hour = number === 24 ? 0 : number
      fields.hour12IsLast = false
      return true
    case 'K':
      fields.hour12 = number
      fields.hour12IsLast = true
      return true
    case 'h':
      fields.hour12 = number === 12 ? 0 : number
      fields.hour12IsLast = true
      return true
    case 'a':
      fields.pm = text.toUpperCase() === 'PM'
      fields.hour12IsLast = true
      return true
    case 'm':
      fields.minute = number
      return true
    case 's':
      fields.second = number
      return true
    case 'S':
      fields.ms = number
      return true
    case 'X':
    case 'Z':
    case 'z':
      fields.zone = zoneOf(text)
      return fields.zone !== null
    default:
      return true
  }
}

/** `null` when the hours exceed 23 or the minutes exceed 59. */
function zoneOf(text: string): number | null {
  const match = /([+-])(\d{1,2}):?(\d\d)?$/.exec(text)
  if (match === null) return 0
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)]
  if (hours > 23 || minutes > 59) return null
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes)
}

/** The last of `H` and `h` wins. An hour of half a day needs AM or PM, unless it is the only hour. */
function hourOf({ hour, hour12, pm, hour12IsLast }: Fields): number {
  const isHalfDay = hour === null ? hour12 !== null || pm !== null : hour12IsLast && hour12 !== null && pm !== null
  return isHalfDay ? (hour12 ?? 0) + (pm === true ? 12 : 0) : (hour ?? 0)
}

/** `null` when a Date cannot hold it. */
function toEpochMs(fields: Fields, nowMs: number): number | null {
  if (!fields.isShortYear) return epochMsIn(fields.year, fields)
  const start = new Date(nowMs)
  start.setFullYear(start.getFullYear() - 80)
  const century = start.getFullYear() - (start.getFullYear() % 100)
  const year = century + fields.year + (fields.year < start.getFullYear() % 100 ? 100 : 0)
  const ms = epochMsIn(year, fields)
  return year === start.getFullYear() && ms !== null && ms < start.getTime() ? epochMsIn(year + 100, fields) : ms
}

function epochMsIn(year: number, fields: Fields): number | null {
  const { month, day, minute, second, ms, zone } = fields
  const hour = hourOf(fields)
  const at = new Date(0)
  if (zone !== null) {
    at.setUTCFullYear(year, month - 1, day)
    at.setUTCHours(hour, minute, second, ms)
    return known(at.getTime() - zone * 60_000)
  }
  at.setFullYear(year, month - 1, day)
  at.setHours(hour, minute, second, ms)
  // When the clock is set back, JavaScript uses the earlier of the two hours.
  const later = new Date(at.getTime() + 3_600_000)
  return known(later.getHours() === at.getHours() ? later.getTime() : at.getTime())
}

const known = (ms: number): number | null => (Number.isNaN(ms) ? null : ms)

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
