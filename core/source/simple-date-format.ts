/**
 * Times by a pattern of Java's `SimpleDateFormat`, as `source.init.timestamp.format` gives it.
 *
 *   y year    M month (MMM, MMMM: English name)    d day of the month    E day's English name (read, not checked)
 *   H hour 0-23    k hour 1-24    K hour 0-11    h hour 1-12    a AM or PM    m minute    s second    S millisecond
 *   X ISO zone (Z, +01, +0100, +01:00 by length)    Z zone +0100    z zone as UTC, GMT or GMT+01:00    'text' literal
 *
 * Without a zone the time is this machine's, as in Java. Unlike Java, the whole text must match and no field may overflow:
 * '2026-02-30' is an error, not the second of March.
 */
import { ConfigurationError } from '../errors.ts'

/** null: the text does not match. Epoch milliseconds. */
export type DateParser = (text: string) => number | null

interface Fields {
  year: number
  month: number
  day: number
  hour: number
  hour12: number | null
  pm: boolean
  minute: number
  second: number
  ms: number
  /** Minutes east of Greenwich; null: this machine's zone. */
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

/** @throws ConfigurationError naming a letter that cannot be read */
export function simpleDateFormat(pattern: string, key: string): DateParser {
  const { expression, tokens } = compile(pattern, key)
  return text => {
    const match = expression.exec(text.trim())
    if (match === null) return null
    const fields: Fields = {
      year: 1970,
      month: 1,
      day: 1,
      hour: 0,
      hour12: null,
      pm: false,
      minute: 0,
      second: 0,
      ms: 0,
      zone: null,
    }
    tokens.forEach((token, i) => apply(fields, token, match[i + 1]!))
    return toEpochMs(fields)
  }
}

function compile(pattern: string, key: string): { expression: RegExp; tokens: Token[] } {
  const parts = [...pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)]
  const tokens: Token[] = []
  let source = ''
  parts.forEach((part, i) => {
    const [text, quoted, letter] = part
    if (text === "'") throw new ConfigurationError(`${key}: '${pattern}' has a quote that is never closed.`)
    if (quoted !== undefined) source += escape(quoted === '' ? "'" : quoted.replaceAll("''", "'"))
    else if (letter === undefined) source += escape(text)
    else {
      if (!KNOWN.has(letter))
        throw new ConfigurationError(
          `${key}: the pattern letter '${letter}' in '${pattern}' is not read here; use y M d E H k K h a m s S X Z z, text in quotes, or give epoch seconds.`,
        )
      const token = { letter, length: text.length }
      const next = parts[i + 1]?.[2]
      const abuts = next !== undefined && NUMERIC.has(next) && !(next === 'M' && parts[i + 1]![0].length > 2)
      tokens.push(token)
      source += `(${expressionOf(token, abuts)})`
    }
  })
  return { expression: new RegExp(`^${source}$`, 'i'), tokens }
}

/** Numbers that stand against another number have as many digits as letters. */
function expressionOf({ letter, length }: Token, abuts: boolean): string {
  switch (letter) {
    case 'a':
      return 'AM|PM'
    case 'E':
      return DAYS
    case 'X':
      return `Z|[+-]\\d\\d${length === 1 ? '' : length === 2 ? '\\d\\d' : ':\\d\\d'}`
    case 'Z':
      return '[+-]\\d{4}'
    case 'z':
      return 'UTC|GMT(?:[+-]\\d{1,2}:\\d\\d)?|[+-]\\d{4}'
    default:
      if (letter === 'M' && length > 2) return MONTHS.map(m => `${m}|${m.slice(0, 3)}`).join('|')
      return abuts ? `\\d{${length}}` : '\\d+'
  }
}

function apply(fields: Fields, { letter, length }: Token, text: string): void {
  const number = Number(text)
  switch (letter) {
    case 'y':
      fields.year = length === 2 && text.length === 2 ? centuryOf(number) : number
      return
    case 'M':
      fields.month = length > 2 ? MONTHS.findIndex(m => m.startsWith(text.toLowerCase())) + 1 : number
      return
    case 'd':
      fields.day = number
      return
    case 'H':
      fields.hour = number
      return
    case 'k':
      fields.hour = number === 24 ? 0 : number
      return
    case 'K':
      fields.hour12 = number
      return
    case 'h':
      fields.hour12 = number === 12 ? 0 : number
      return
    case 'a':
      fields.pm = text.toUpperCase() === 'PM'
      return
    case 'm':
      fields.minute = number
      return
    case 's':
      fields.second = number
      return
    case 'S':
      fields.ms = number
      return
    case 'X':
    case 'Z':
    case 'z':
      fields.zone = zoneOf(text)
  }
}

/** Java's rule for two digits: within 80 years before and 20 years after now. */
function centuryOf(twoDigits: number): number {
  const latest = new Date().getFullYear() + 20
  const year = latest - (latest % 100) + twoDigits
  return year > latest ? year - 100 : year
}

function zoneOf(text: string): number {
  const match = /([+-])(\d{1,2}):?(\d\d)?$/.exec(text)
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return match[1] === '-' ? -minutes : minutes
}

function toEpochMs(fields: Fields): number | null {
  const { year, month, day, minute, second, ms, zone } = fields
  const hour = fields.hour12 === null ? fields.hour : fields.hour12 + (fields.pm ? 12 : 0)
  const days = new Date(Date.UTC(2000, month, 0)).setUTCFullYear(year, month, 0)
  if (month < 1 || month > 12 || day < 1 || day > new Date(days).getUTCDate()) return null
  if (hour > 23 || minute > 59 || second > 59 || ms > 999) return null
  const at = new Date(0)
  if (zone === null) {
    at.setFullYear(year, month - 1, day)
    at.setHours(hour, minute, second, ms)
    return at.getTime()
  }
  at.setUTCFullYear(year, month - 1, day)
  at.setUTCHours(hour, minute, second, ms)
  return at.getTime() - zone * 60_000
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
