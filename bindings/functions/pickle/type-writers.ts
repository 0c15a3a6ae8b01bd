// Writers of values of a known type. They differ from the writer of values without a type where one JavaScript value has
// several forms in Python.
//
// | type                                 | Python                                                                  |
// |--------------------------------------|-------------------------------------------------------------------------|
// | FLOAT, DOUBLE                        | float, also for a whole number                                          |
// | BYTE, SHORT, INT, LONG               | int                                                                     |
// | TIMESTAMP_UTC                        | datetime.datetime in UTC                                                |
// | UUID                                 | uuid.UUID                                                               |
// | RECORD                               | dict                                                                    |
// | ROW                                  | a tuple of the fields, of which the reader makes a row                  |
// | TUPLE                                | tuple                                                                   |
// | LIST, MAP and arrays                 | list and dict, whose items have a type                                  |
// | UNION                                | the only type of the union that the value can have                      |
import { Instant } from '@js-joda/core'

import { isBytes } from '../../../core/foundation/type-spec.ts'
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import { listWriter, mapWriter, nullable } from './container-writers.ts'
import type { Write } from './container-writers.ts'
import { writeAny, writeUtc } from './dynamic-writer.ts'
import { EMPTY_DICT, MARK, REDUCE, SETITEMS, TUPLE, TUPLE1 } from './opcodes.ts'

/** Returns the writer of values of a type. */
export function writerOf(type: TypeSpec): Write {
  switch (type.type) {
    case 'STRING':
    case 'CHAR':
      return (value, out) => {
        if (typeof value === 'string') out.text(value)
        else writeAny(value, out)
      }
    case 'FLOAT':
    case 'DOUBLE':
      return (value, out) => {
        if (typeof value === 'number') out.float(value)
        else writeAny(value, out)
      }
    case 'BYTE':
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return (value, out) => {
        if (typeof value === 'number') out.integer(value)
        else writeAny(value, out)
      }
    case 'TIMESTAMP_UTC':
      return nullable((value, out) => {
        writeUtc(value instanceof Date ? Instant.ofEpochMilli(value.getTime()) : (value as Instant), out)
      })
    case 'UUID':
      return nullable((value, out) => {
        out.global('uuid', 'UUID')
        out.text(value as string)
        out.two(TUPLE1, REDUCE)
      })
    case 'RECORD':
      return nullable(recordWriter(type.names, type.types))
    case 'ROW':
      return nullable(rowWriter(type.names, type.types))
    case 'TUPLE': {
      const writers = type.types.map(writerOf)
      return nullable((value, out) => {
        out.op(MARK)
        writers.forEach((write, i) => write((value as readonly unknown[])[i], out))
        out.op(TUPLE)
      })
    }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return isBytes(type) ? writeAny : nullable(listWriter(writerOf(type.element)))
    case 'MAP':
      return nullable(mapWriter(writerOf(type.key), writerOf(type.value)))
    case 'UNION':
      return unionWriter(type.types)
    default:
      return writeAny
  }
}

function recordWriter(names: readonly string[], types: readonly TypeSpec[]): Write {
  const writers = types.map(writerOf)
  return (value, out) => {
    out.two(EMPTY_DICT, MARK)
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      out.name(name)
      writers[i]!((value as Record<string, unknown>)[name], out)
    }
    out.op(SETITEMS)
  }
}

function rowWriter(names: readonly string[], types: readonly TypeSpec[]): Write {
  const writers = types.map(writerOf)
  return (value, out) => {
    out.op(MARK)
    for (let i = 0; i < names.length; i++) writers[i]!((value as Record<string, unknown>)[names[i]!], out)
    out.op(TUPLE)
  }
}

/**
 * A number has the only numeric type of the union. Any other value shows by itself which type it has, if the union has only
 * one of its kind.
 */
function unionWriter(types: readonly TypeSpec[]): Write {
  const concrete = types.filter(t => t.type !== 'VOID')
  if (concrete.length === 1) return nullable(writerOf(concrete[0]!))
  const floats = concrete.filter(t => t.type === 'FLOAT' || t.type === 'DOUBLE').length
  const integers = concrete.filter(t => t.type === 'INT' || t.type === 'LONG').length
  const objects = concrete.filter(t => t.type === 'RECORD' || t.type === 'MAP' || t.type === 'ROW')
  const ofObject = objects.length === 1 ? writerOf(objects[0]!) : writeAny
  const arrays = concrete.filter(t => t.type === 'LIST')
  const ofArray = arrays.length === 1 ? writerOf(arrays[0]!) : writeAny
  const ofUuid = concrete.some(t => t.type === 'UUID') && !concrete.some(t => t.type === 'STRING')
  const ofText = ofUuid ? writerOf({ type: 'UUID' }) : writeAny
  const ofInstant = concrete.some(t => t.type === 'TIMESTAMP_UTC') ? writerOf({ type: 'TIMESTAMP_UTC' }) : writeAny
  return (value, out) => {
    if (typeof value === 'number' && floats > 0 && integers === 0) out.float(value)
    else if (typeof value === 'string') ofText(value, out)
    else if (value instanceof Instant) ofInstant(value, out)
    else if (Array.isArray(value)) ofArray(value, out)
    else if (isPlain(value)) ofObject(value, out)
    else writeAny(value, out)
  }
}

const isPlain = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
