// Writes values that have no type, by what they are in JavaScript.
//
// | JavaScript                          | Python                                                |
// |-------------------------------------|-------------------------------------------------------|
// | null, undefined                     | None                                                  |
// | boolean, string, Uint8Array         | bool, str, bytes                                      |
// | number                              | int when it is a safe integer, otherwise float        |
// | bigint                              | int                                                   |
// | Decimal                             | decimal.Decimal                                       |
// | LocalDate, LocalTime, LocalDateTime | datetime.date, datetime.time, datetime.datetime       |
// | Date                                | datetime.datetime in UTC                              |
// | Instant                             | shardline.common.time.Instant                         |
// | array, other typed array            | list                                                  |
// | object, Map                         | dict                                                  |
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { listWriter, mapWriter } from './container-writers.ts'
import { NEWFALSE, NEWTRUE, NONE, REDUCE, TUPLE1, TUPLE2 } from './opcodes.ts'
import { packDate, packDateTime, packInstant, packTime } from './packed-datetime.ts'
import type { PickleOutput } from './pickle-output.ts'

/** @throws RangeError when Python has no such value */
export function writeAny(value: unknown, out: PickleOutput): void {
  switch (typeof value) {
    case 'string':
      out.text(value)
      break
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) out.integer(value)
      else out.float(value)
      break
    case 'boolean':
      out.op(value ? NEWTRUE : NEWFALSE)
      break
    case 'bigint':
      out.long(value)
      break
    case 'undefined':
      out.op(NONE)
      break
    case 'object':
      writeObject(value, out)
      break
    default:
      throw new RangeError(`A ${typeof value} cannot go to a Python function.`)
  }
}

/** Writes an instant as a datetime in UTC. */
export function writeUtc(instant: Instant, out: PickleOutput): void {
  const bytes = packInstant(instant)
  out.global('datetime', 'datetime')
  out.binary(bytes)
  out.global('datetime', 'timezone.utc')
  out.two(TUPLE2, REDUCE)
}

function writeObject(value: object | null, out: PickleOutput): void {
  if (value === null) out.op(NONE)
  else if (Array.isArray(value)) writeList(value, out)
  else if (value instanceof Uint8Array) out.binary(value)
  else if (value instanceof Date) writeUtc(Instant.ofEpochMilli(value.getTime()), out)
  else if (value instanceof Decimal) {
    out.global('decimal', 'Decimal')
    out.text(value.toString())
    out.two(TUPLE1, REDUCE)
  } else if (value instanceof LocalDate) writeDatetime(out, 'date', packDate(value))
  else if (value instanceof LocalTime) writeDatetime(out, 'time', packTime(value))
  else if (value instanceof LocalDateTime) writeDatetime(out, 'datetime', packDateTime(value))
  else if (value instanceof Instant) {
    out.global('shardline.common.time', 'Instant')
    out.integer(value.epochSecond())
    out.integer(value.nano())
    out.two(TUPLE2, REDUCE)
  } else if (ArrayBuffer.isView(value)) writeList([...(value as unknown as Iterable<number>)], out)
  else writeDict(value, out)
}

const writeList = listWriter(writeAny)
const writeDict = mapWriter((key, out) => (typeof key === 'string' ? out.name(key) : writeAny(key, out)), writeAny)

/** Writes an object of a class of `datetime`, from its packed bytes. */
function writeDatetime(out: PickleOutput, name: string, bytes: Buffer): void {
  out.global('datetime', name)
  out.binary(bytes)
  out.two(TUPLE1, REDUCE)
}
