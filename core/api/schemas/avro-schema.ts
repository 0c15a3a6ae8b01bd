/**
 * Avro's binary format, without a header or with that of the AWS Glue Schema Registry. A schema is JSON text or parsed JSON.
 * Records can be read as objects of the program, given a class or a type guard.
 */
import type { SchemaSpec, ValueFunctionSpec } from '../../../schemas/contracts/schema-spec.ts'
import { ConfigurationError, messageOf } from '../../foundation/errors.ts'
import type { LocalFunction } from '../../operators/job-facilities.ts'
import type { RegisterLocal, Schema } from './schema.ts'

/** JSON text or parsed JSON. */
export type AvroSchema = string | object

/**
 * A class whose objects get the fields of each record (its constructor is not called), or a type guard. `SCHEMA$` is the default
 * Avro schema, as in the classes that Avro's Java tools generate.
 */
export type SpecificType<T> =
  | ((abstract new (...args: never[]) => T) & { readonly SCHEMA$?: AvroSchema })
  | (((value: unknown) => value is T) & { readonly SCHEMA$?: AvroSchema })

export type GenericRecord = Record<string, unknown>

export const AvroDeserializationSchema = {
  /** Records as plain objects. */
  forGeneric: (schema: AvroSchema): Schema<GenericRecord, never> => avro(schema, 'generic', null),
  /** @throws ConfigurationError if neither the type nor the call has a schema */
  forSpecific: <T>(type: SpecificType<T>, schema: AvroSchema | undefined = type.SCHEMA$): Schema<T, never> =>
    avro(schemaOfType(schema, type), 'generic', converterTo(type)),
} as const

export const AvroSerializationSchema = {
  forGeneric: (schema: AvroSchema): Schema<never, GenericRecord> => avro(schema, 'generic', null),
  /** @throws ConfigurationError if neither the type nor the call has a schema */
  forSpecific: <T>(type: SpecificType<T>, schema: AvroSchema | undefined = type.SCHEMA$): Schema<never, T> =>
    avro(schemaOfType(schema, type), 'generic', null),
} as const

/** Rows of Flink's types, by Flink's rules. */
export class AvroRowDeserializationSchema implements Schema<GenericRecord, never> {
  readonly payload = 'object'
  readonly toSpec: () => SchemaSpec

  constructor(schema: AvroSchema) {
    this.toSpec = avro(schema, 'row', null).toSpec as () => SchemaSpec
  }
}

export class AvroRowSerializationSchema implements Schema<never, GenericRecord> {
  readonly payload = 'object'
  readonly toSpec: () => SchemaSpec

  constructor(schema: AvroSchema) {
    this.toSpec = avro(schema, 'row', null).toSpec as () => SchemaSpec
  }
}

/** @throws ConfigurationError unless it is JSON */
export function schemaText(schema: AvroSchema): string {
  if (typeof schema !== 'string') return JSON.stringify(schema)
  try {
    JSON.parse(schema)
  } catch (cause) {
    // A primitive type's name alone is a schema too.
    if (/^[a-z]+$/.test(schema)) return JSON.stringify(schema)
    throw new ConfigurationError(`An Avro schema is JSON, and this is not: ${messageOf(cause)}`, { cause })
  }
  return schema
}

export function schemaOfType(schema: AvroSchema | undefined, type: unknown): AvroSchema {
  if (schema === undefined)
    throw new ConfigurationError(
      `${(type as { name: string }).name} has no SCHEMA$: give its Avro schema as the second argument.`,
    )
  return schema
}

/** From a record to an object of the program. */
export function converterTo<T>(type: SpecificType<T>): LocalFunction {
  if (typeof type !== 'function') throw new ConfigurationError('The type must be a class or a type guard.')
  const isClass = /^class\b/.test(Function.prototype.toString.call(type))
  const prototype = (type as { prototype?: object }).prototype
  if (isClass && prototype !== undefined)
    return (value: object) => Object.assign(Object.create(prototype) as object, value)
  const guard = type as (value: unknown) => boolean
  return (value: unknown) => {
    if (guard(value)) return value
    throw new TypeError(`${guard.name === '' ? 'the type guard' : guard.name} does not accept the value.`)
  }
}

export const localConverter = (convert: LocalFunction | null, register: RegisterLocal): ValueFunctionSpec | null =>
  convert === null ? null : { type: 'local', localId: register(convert) }

function avro<R, W>(schema: AvroSchema, values: 'row' | 'generic', convert: LocalFunction | null): Schema<R, W> {
  const text = schemaText(schema)
  return {
    payload: 'object',
    toSpec: register => ({ type: 'avro', schema: text, values, convert: localConverter(convert, register) }),
  }
}
