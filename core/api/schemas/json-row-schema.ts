/** JSON objects as rows, by Flink's rules. */
import { ConfigurationError } from '../../foundation/errors.ts'
import { jsonSchemaToType } from '../../../schemas/flink/json-schema-to-type.ts'
import type { RowTypeSpec } from '../../foundation/type-spec.ts'
import { rowSpecOf } from '../types/types.ts'
import type { RowTypeInfo } from '../types/types.ts'
import type { Schema } from './schema.ts'

export class JsonRowDeserializationSchemaBuilder<T> {
  #type: RowTypeSpec | null = null
  #failOnMissingField = false
  #ignoreParseErrors = false

  /** The fields to read. Other fields of the JSON are ignored, and a missing field is null. */
  typeInfo<U>(type: RowTypeInfo<U>): JsonRowDeserializationSchemaBuilder<U> {
    const builder = this as unknown as JsonRowDeserializationSchemaBuilder<U>
    builder.#type = rowSpecOf(type, 'JsonRowDeserializationSchema: typeInfo()')
    return builder
  }

  /** The fields, described by a JSON Schema. @throws ConfigurationError for a schema that Flink's converter does not support */
  jsonSchema(schema: string | object): JsonRowDeserializationSchemaBuilder<Record<string, unknown>> {
    return this.typeInfo<Record<string, unknown>>({
      spec: jsonSchemaToType(typeof schema === 'string' ? schema : JSON.stringify(schema)),
    })
  }

  failOnMissingField(): this {
    this.#failOnMissingField = true
    return this
  }

  /** A field that cannot be read is null, and a record that is not JSON is skipped. */
  ignoreParseErrors(): this {
    this.#ignoreParseErrors = true
    return this
  }

  /** @throws ConfigurationError */
  build(): Schema<T, never> {
    const typeInfo = this.#type
    if (typeInfo === null)
      throw new ConfigurationError('JsonRowDeserializationSchema: set the row type with typeInfo().')
    if (this.#failOnMissingField && this.#ignoreParseErrors)
      throw new ConfigurationError(
        "JSON format doesn't support failOnMissingField and ignoreParseErrors are both enabled.",
      )
    const [failOnMissingField, ignoreParseErrors] = [this.#failOnMissingField, this.#ignoreParseErrors]
    return {
      payload: 'object',
      toSpec: () => ({ type: 'json-row', typeInfo, failOnMissingField, ignoreParseErrors }),
    }
  }
}

export const JsonRowDeserializationSchema = {
  builder: (): JsonRowDeserializationSchemaBuilder<unknown> => new JsonRowDeserializationSchemaBuilder(),
} as const

export class JsonRowSerializationSchemaBuilder<T> {
  #type: RowTypeSpec | null = null

  /** The fields to write, in this order; one that is null or missing is written as null. */
  withTypeInfo<U>(type: RowTypeInfo<U>): JsonRowSerializationSchemaBuilder<U> {
    const builder = this as unknown as JsonRowSerializationSchemaBuilder<U>
    builder.#type = rowSpecOf(type, 'JsonRowSerializationSchema: withTypeInfo()')
    return builder
  }

  /** @throws ConfigurationError */
  build(): Schema<never, T> {
    const typeInfo = this.#type
    if (typeInfo === null)
      throw new ConfigurationError('JsonRowSerializationSchema: set the row type with withTypeInfo().')
    return {
      payload: 'object',
      toSpec: () => ({ type: 'json-row', typeInfo, failOnMissingField: false, ignoreParseErrors: false }),
    }
  }
}

export const JsonRowSerializationSchema = {
  builder: (): JsonRowSerializationSchemaBuilder<unknown> => new JsonRowSerializationSchemaBuilder(),
} as const
