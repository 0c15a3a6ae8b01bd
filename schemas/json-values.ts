/**
 * Values as JSON can say them, for clients that speak JSON alone: from what JSON.parse gave to what a schema writes.
 *
 *   text, numbers, true and false, lists, rows and records by field name    as they are
 *   BYTES                                       base64
 *   LONG, BIG_INT                               a number; beyond 2^53 - 1 its digits as text
 *   BIG_DEC                                     a number, or its digits as text, which keeps them all
 *   FLOAT, DOUBLE                               a number; "NaN", "Infinity", "-Infinity"
 *   SQL_DATE, LOCAL_DATE                        "2026-11-24"
 *   SQL_TIME, LOCAL_TIME                        "10:15:00.5"
 *   SQL_TIMESTAMP, LOCAL_DATE_TIME              "2026-11-24T10:15:00.5"
 *   INSTANT, TIMESTAMP_UTC                      "2026-11-24T10:15:00.5Z"
 *   MAP whose keys are no strings               a list of [key, value]
 *   UNION                                       text, true, false and whole numbers as they are where a branch takes them so; else
 *                                               as the first branch that has its form
 *
 * Only the form is looked at here. What the schema takes, such as the range of an INT, is the encoder's to say.
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

/** What values of this schema are in JSON. @throws ConfigurationError where its text is none */
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
  throw new JsonFormError(path, 'text')
}

const bytes: FromJson = (json, path) => {
  if (typeof json === 'string' && BASE64.test(json)) return Buffer.from(json, 'base64')
  throw new JsonFormError(path, 'base64, because it is of bytes')
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
    // said below
  }
  throw new JsonFormError(path, 'a number, or its digits as text')
}

function parsed(parse: (text: string) => unknown, form: string): FromJson {
  return (json, path) => {
    try {
      if (typeof json === 'string') return parse(json)
    } catch {
      // said below
    }
    throw new JsonFormError(path, form)
  }
}

/** Names that are none of its fields stay, for the encoder to refuse. */
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
    throw new JsonFormError(path, 'a list')
  }
}

/** `key` null: they are strings. */
function map(key: FromJson | null, value: FromJson): FromJson {
  if (key === null)
    return (json, path) => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new JsonFormError(path, 'an object')
      return Object.fromEntries(Object.entries(json).map(([k, v]) => [k, value(v, `${path}.${k}`)]))
    }
  return (json, path) => {
    if (!Array.isArray(json) || !json.every(entry => Array.isArray(entry) && entry.length === 2))
      throw new JsonFormError(path, 'a list of [key, value]')
    return new Map(
      (json as [unknown, unknown][]).map(([k, v], i) => [key(k, `${path}[${i}][0]`), value(v, `${path}[${i}][1]`)]),
    )
  }
}

/** A branch that takes anything is for what no other branch has the form of. */
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
