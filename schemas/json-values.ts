/**
 * Converts what JSON.parse returns to the values that a schema writes, for clients that can only send JSON.
 *
 *   strings, numbers, booleans, arrays, rows and records by field name      unchanged
 *   BYTES                                       base64
 *   LONG, BIG_INT                               a number; beyond 2^53 - 1 a string of its digits
 *   BIG_DEC                                     a number, or a string, which keeps all digits
 *   FLOAT, DOUBLE                               a number; "NaN", "Infinity", "-Infinity"
 *   SQL_DATE, LOCAL_DATE                        "2026-11-24"
 *   SQL_TIME, LOCAL_TIME                        "10:15:00.5"
 *   SQL_TIMESTAMP, LOCAL_DATE_TIME              "2026-11-24T10:15:00.5"
 *   INSTANT, TIMESTAMP_UTC                      "2026-11-24T10:15:00.5Z"
 *   MAP whose keys are not strings              an array of [key, value]
 *   UNION                                       strings, booleans and whole numbers unchanged when a branch has that type; other
 *                                               values as the first branch whose form they have
 *
 * Only the form is checked here. The encoder checks the rest, such as the range of an INT.
 */
import { LocalDate, LocalDateTime, LocalTime, OffsetDateTime } from '@js-joda/core'

import { Decimal } from './contracts/decimal.ts'
import type { SchemaSpec } from './contracts/schema-spec.ts'
import { isBytes } from '../core/foundation/type-spec.ts'
import type { TypeSpec } from '../core/foundation/type-spec.ts'

/** @throws JsonFormError */
export type FromJson = (json: unknown, path: string) => unknown

export class JsonFormError extends Error {
  constructor(path: string, form: string) {
    super(`'${path}' must be ${form}`)
    this.name = 'JsonFormError'
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const NOT_FINITE: readonly unknown[] = ['NaN', 'Infinity', '-Infinity']

/** @throws ConfigurationError when the text of the schema is not valid */
export async function valuesFromJson(schema: SchemaSpec): Promise<FromJson> {
  switch (schema.type) {
    case 'simple-string':
      return text
    case 'byte-array':
      return bytes
    case 'type-information':
    case 'json-row':
    case 'csv-row':
      return fromJson(schema.typeInfo)
    case 'avro':
    case 'glue-avro': {
      const [{ avroType }, { typeOf }] = await Promise.all([
        import('./avro/avro-type.ts'),
        import('./avro/avro-type-spec.ts'),
      ])
      return fromJson(typeOf(avroType(schema.schema), schema.type === 'avro' ? schema.values : 'generic'))
    }
    case 'glue-json':
    case 'custom':
    case 'kinesis-record':
      return asItIs
  }
}

export function fromJson(type: TypeSpec): FromJson {
  const read = ofType(type)
  return read === asItIs ? read : (json, path) => (json === null || json === undefined ? json : read(json, path))
}

function ofType(type: TypeSpec): FromJson {
  switch (type.type) {
    case 'LONG':
    case 'BIG_INT':
      return whole
    case 'BIG_DEC':
      return decimal
    case 'FLOAT':
    case 'DOUBLE':
      return json => (NOT_FINITE.includes(json) ? Number(json) : json)
    case 'SQL_DATE':
    case 'LOCAL_DATE':
      return parsed(t => LocalDate.parse(t), 'a date such as "2026-11-24"')
    case 'SQL_TIME':
    case 'LOCAL_TIME':
      return parsed(t => LocalTime.parse(t), 'a time such as "10:15:00.5"')
    case 'SQL_TIMESTAMP':
    case 'LOCAL_DATE_TIME':
      return parsed(t => LocalDateTime.parse(t), 'a time without a zone such as "2026-11-24T10:15:00.5"')
    case 'INSTANT':
    case 'TIMESTAMP_UTC':
      return parsed(t => OffsetDateTime.parse(t).toInstant(), 'a time such as "2026-11-24T10:15:00.5Z"')
    case 'ROW':
    case 'RECORD':
      return fields(type.names.map((name, i) => [name, fromJson(type.types[i]!)]))
    case 'TUPLE': {
      const items = type.types.map(fromJson)
      return list((item, i, path) => items[i]?.(item, path) ?? item)
    }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY': {
      if (isBytes(type)) return bytes
      const element = fromJson(type.element)
      return element === asItIs ? element : list((item, _, path) => element(item, path))
    }
    case 'MAP':
      return map(type.key.type === 'STRING' ? null : fromJson(type.key), fromJson(type.value))
    case 'UNION':
      return union(type.types)
    default:
      return asItIs
  }
}

const asItIs: FromJson = json => json

const text: FromJson = (json, path) => {
  if (typeof json === 'string') return json
  throw new JsonFormError(path, 'a string')
}

const bytes: FromJson = (json, path) => {
  if (typeof json === 'string' && BASE64.test(json)) return Buffer.from(json, 'base64')
  throw new JsonFormError(path, 'base64, because the type is bytes')
}

const whole: FromJson = (json, path) => {
  if (typeof json === 'string' && /^-?\d+$/.test(json)) return BigInt(json)
  if (Number.isSafeInteger(json)) return json
  throw new JsonFormError(path, 'a whole number, as text beyond 2^53 - 1')
}

const decimal: FromJson = (json, path) => {
  try {
    if (typeof json === 'number' || typeof json === 'string') return Decimal.parse(String(json))
  } catch {
    // The error is thrown below.
  }
  throw new JsonFormError(path, 'a number, or a string of its digits')
}

function parsed(parse: (text: string) => unknown, form: string): FromJson {
  return (json, path) => {
    try {
      if (typeof json === 'string') return parse(json)
    } catch {
      // The error is thrown below.
    }
    throw new JsonFormError(path, form)
  }
}

/** Members that are not fields are kept. The encoder refuses them. */
function fields(readers: readonly (readonly [string, FromJson])[]): FromJson {
  const changed = readers.filter(([, read]) => read !== asItIs)
  if (changed.length === 0) return asItIs
  return (json, path) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new JsonFormError(path, 'an object by field name')
    const row = new Map(Object.entries(json))
    for (const [name, read] of changed) if (row.has(name)) row.set(name, read(row.get(name), `${path}.${name}`))
    return Object.fromEntries(row)
  }
}

function list(each: (item: unknown, i: number, path: string) => unknown): FromJson {
  return (json, path) => {
    if (Array.isArray(json)) return json.map((item, i) => each(item, i, `${path}[${i}]`))
    throw new JsonFormError(path, 'an array')
  }
}

/** `key` is `null` when the keys are strings. */
function map(key: FromJson | null, value: FromJson): FromJson {
  if (key === null)
    return (json, path) => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new JsonFormError(path, 'an object')
      return Object.fromEntries(Object.entries(json).map(([k, v]) => [k, value(v, `${path}.${k}`)]))
    }
  return (json, path) => {
    if (!Array.isArray(json) || !json.every(entry => Array.isArray(entry) && entry.length === 2))
      throw new JsonFormError(path, 'an array of [key, value] pairs')
    return new Map(
      (json as [unknown, unknown][]).map(([k, v], i) => [key(k, `${path}[${i}][0]`), value(v, `${path}[${i}][1]`)]),
    )
  }
}

/** A value that has the form of no branch is returned unchanged. */
function union(types: readonly TypeSpec[]): FromJson {
  const readers = types.filter(type => !isPlain(type)).map(fromJson)
  const plain = types.filter(isPlain)
  return json => {
    if (plain.some(type => looksLike(type, json))) return json
    for (const read of readers)
      try {
        return read(json, '')
      } catch (error) {
        if (!(error instanceof JsonFormError)) throw error
      }
    return json
  }
}

function isPlain({ type }: TypeSpec): boolean {
  return ['STRING', 'UUID', 'BOOLEAN', 'BYTE', 'SHORT', 'INT'].includes(type)
}

function looksLike({ type }: TypeSpec, json: unknown): boolean {
  if (type === 'STRING' || type === 'UUID') return typeof json === 'string'
  return type === 'BOOLEAN' ? typeof json === 'boolean' : Number.isInteger(json)
}
