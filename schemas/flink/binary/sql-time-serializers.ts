/** Serializers of java.sql's Date, Time and Timestamp, which count milliseconds in the time zone of the process. */
import type { LocalDate } from '@js-joda/core'

import { valueInvalid } from '../../contracts/value-codec.ts'
import { acceptLocalDate, acceptLocalDateTime, acceptLocalTime } from '../acceptance.ts'
import {
  sqlDateOfMillis,
  sqlDateToMillis,
  sqlTimeOfMillis,
  sqlTimestampOf,
  sqlTimestampToMillis,
  sqlTimeToMillis,
} from '../sql-time.ts'
import type { DataInput } from './data-input.ts'
import { LEAST_LONG, temporal } from './date-time-serializers.ts'
import { fixed } from './type-serializer.ts'
import type { TypeSerializer } from './type-serializer.ts'

export const sqlDateSerializer = (path: string): TypeSerializer => ({
  read: fixed(8, path, input => readMillis(input, path, sqlDateOfMillis)),
  write: (output, value) =>
    output.int64(value === null ? LEAST_LONG : dateMillis(acceptLocalDate(value, 'SQL_DATE', path), path)),
})

export const sqlTimeSerializer = (path: string): TypeSerializer => ({
  read: fixed(8, path, input => readMillis(input, path, sqlTimeOfMillis)),
  write: (output, value) =>
    output.int64(value === null ? LEAST_LONG : sqlTimeToMillis(acceptLocalTime(value, 'SQL_TIME', path))),
})

export const sqlTimestampSerializer = (path: string): TypeSerializer => ({
  read: fixed(12, path, input => {
    const ms = readMillis(input, path, value => value)
    const nanos = input.int32()
    return ms === null ? null : temporal(path, () => sqlTimestampOf(ms, nanos))
  }),
  write: (output, value) => {
    const timestamp = value === null ? null : acceptLocalDateTime(value, 'SQL_TIMESTAMP', path)
    output.int64(timestamp === null ? LEAST_LONG : millis(timestamp, path, () => sqlTimestampToMillis(timestamp)))
    output.int32(timestamp?.nano() ?? 0)
  },
})

function readMillis<T>(input: DataInput, path: string, valueOf: (ms: number) => T): T | null {
  const ms = input.int64()
  if (ms === LEAST_LONG) return null
  return temporal(path, () => valueOf(Number(ms)))
}

const dateMillis = (date: LocalDate, path: string): number => millis(date, path, () => sqlDateToMillis(date))

/** @throws ShardlineError VALUE_INVALID when JavaScript's Date cannot hold the value */
function millis(value: { toString(): string }, path: string, toMillis: () => number): number {
  try {
    return toMillis()
  } catch (error) {
    throw valueInvalid(
      `${path === '' ? 'The value' : `Field '${path}'`} is ${value.toString()}, which is out of range: ${(error as Error).message}.`,
    )
  }
}
