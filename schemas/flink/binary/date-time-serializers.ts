/** Serializers of the dates and times of java.time, and what reading any date or time shares. */
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { recordMalformed } from '../../contracts/value-codec.ts'
import { acceptInstant, acceptLocalDate, acceptLocalDateTime, acceptLocalTime } from '../acceptance.ts'
import { place } from './data-input.ts'
import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'
import { fixed } from './type-serializer.ts'
import type { TypeSerializer } from './type-serializer.ts'

const LEAST_BYTE = -128
const LEAST_SHORT = -32_768
const LEAST_INT = -2_147_483_648
export const LEAST_LONG = -(2n ** 63n)

export const localDateSerializer = (path: string): TypeSerializer => ({
  read: fixed(6, path, input => readLocalDate(input, path)),
  write: (output, value) => writeLocalDate(output, value === null ? null : acceptLocalDate(value, 'LOCAL_DATE', path)),
})

export const localTimeSerializer = (path: string): TypeSerializer => ({
  read: fixed(7, path, input => readLocalTime(input, path)),
  write: (output, value) => writeLocalTime(output, value === null ? null : acceptLocalTime(value, 'LOCAL_TIME', path)),
})

export const localDateTimeSerializer = (path: string): TypeSerializer => ({
  read: fixed(13, path, input => {
    const date = readLocalDate(input, path)
    const time = readLocalTime(input, path)
    return date === null || time === null ? null : LocalDateTime.of(date, time)
  }),
  write: (output, value) => {
    const dateTime = value === null ? null : acceptLocalDateTime(value, 'LOCAL_DATE_TIME', path)
    writeLocalDate(output, dateTime?.toLocalDate() ?? null)
    writeLocalTime(output, dateTime?.toLocalTime() ?? null)
  },
})

export const instantSerializer = (path: string): TypeSerializer => ({
  read: fixed(12, path, input => {
    const seconds = input.int64()
    const nanos = input.int32()
    if (seconds === LEAST_LONG) return null
    return temporal(path, () => Instant.ofEpochSecond(Number(seconds), nanos))
  }),
  write: (output, value) => {
    const instant = value === null ? null : acceptInstant(value, path)
    output.int64(instant?.epochSecond() ?? LEAST_LONG)
    output.int32(instant?.nano() ?? LEAST_INT)
  },
})

/** Makes a date or time of what was read. Impossible values, such as month 13 or a year out of range, are RECORD_MALFORMED. */
export function temporal<T>(path: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw recordMalformed(
      `The record has an invalid date or time in ${place(path)}: ${(error as Error).message}. Years from -999999 to 999999 are supported; for the types of java.sql, years from -271821 to 275760.`,
      error,
    )
  }
}

function readLocalDate(input: DataInput, path: string): LocalDate | null {
  const year = input.int32()
  const month = input.int8()
  const day = input.int8()
  return year === LEAST_INT ? null : temporal(path, () => LocalDate.of(year, month, day))
}

function readLocalTime(input: DataInput, path: string): LocalTime | null {
  const hour = input.int8()
  const minute = input.int8()
  const second = input.int8()
  const nanos = input.int32()
  return hour === LEAST_BYTE ? null : temporal(path, () => LocalTime.of(hour, minute, second, nanos))
}

function writeLocalDate(output: DataOutput, date: LocalDate | null): void {
  output.int32(date?.year() ?? LEAST_INT)
  if (date === null) output.int16(LEAST_SHORT)
  else {
    output.int8(date.monthValue())
    output.int8(date.dayOfMonth())
  }
}

function writeLocalTime(output: DataOutput, time: LocalTime | null): void {
  if (time === null) {
    output.int8(LEAST_BYTE)
    output.int16(LEAST_SHORT)
    output.int32(LEAST_INT)
  } else {
    output.int8(time.hour())
    output.int8(time.minute())
    output.int8(time.second())
    output.int32(time.nano())
  }
}
