/**
 * Records whose schema is in the AWS Glue Schema Registry, in the format of Amazon's library. The configuration has the keys of
 * that library; see docs/how-to/use-the-glue-schema-registry.md. Its `aws.*` keys set the credentials and the region.
 */
import { ConfigurationError } from '../../foundation/errors.ts'
import { parseGlueConfigs } from '../../../schemas/glue/glue-configs.ts'
import type { GlueConfigs, SchemaSpec } from '../../../schemas/contracts/schema-spec.ts'
import type { LocalFunction } from '../../operators/job-facilities.ts'
import { converterTo, localConverter, schemaOfType, schemaText } from './avro-schema.ts'
import type { AvroSchema, GenericRecord, SpecificType } from './avro-schema.ts'
import type { RegisterLocal, Schema } from './schema.ts'

/** JSON of a schema and of a value that it holds for, both as text. Any object with these two is one where it is written. */
export class JsonDataWithSchema {
  readonly schema: string
  readonly payload: string

  constructor(schema: string, payload: string) {
    this.schema = schema
    this.payload = payload
  }
}

/** The schema of records without a Glue header, in the key `secondaryDeserializer`. Without it they cannot be read. */
export type GlueConfiguration = GlueConfigs & { readonly secondaryDeserializer?: Schema<unknown, never> }

export const GlueSchemaRegistryAvroDeserializationSchema = {
  /** Records as plain objects of this schema, whatever compatible version they were written with. */
  forGeneric: (schema: AvroSchema, configs: GlueConfiguration): Schema<GenericRecord, never> =>
    glueAvro(schema, null, configs, null),
  /** @throws ConfigurationError if neither the type nor the call has a schema */
  forSpecific: <T>(
    type: SpecificType<T>,
    configs: GlueConfiguration,
    schema: AvroSchema | undefined = type.SCHEMA$,
  ): Schema<T, never> => glueAvro(schemaOfType(schema, type), null, configs, converterTo(type)),
} as const

export const GlueSchemaRegistryAvroSerializationSchema = {
  /** @param transportName the stream's name; the schema's too, unless `schemaName` is configured */
  forGeneric: (schema: AvroSchema, transportName: string, configs: GlueConfiguration): Schema<never, GenericRecord> =>
    glueAvro(schema, transportName, configs, null),
  /** @throws ConfigurationError if neither the type nor the call has a schema */
  forSpecific: <T>(
    type: SpecificType<T>,
    transportName: string,
    configs: GlueConfiguration,
    schema: AvroSchema | undefined = type.SCHEMA$,
  ): Schema<never, T> => glueAvro(schemaOfType(schema, type), transportName, configs, null),
} as const

/** Gives `JsonDataWithSchema`, or with another class or type guard the value that the payload holds. What is read is not validated. */
export class GlueSchemaRegistryJsonDeserializationSchema<T = JsonDataWithSchema> implements Schema<T, never> {
  readonly payload = 'object'
  readonly toSpec: (register: RegisterLocal) => SchemaSpec
  declare readonly valueType?: readonly [T, (written: never) => void]

  /** @param transportName the stream's name */
  constructor(type: SpecificType<T>, transportName: string, configs: GlueConfiguration) {
    const convert = converterTo(type)
    check(configs, 'JSON')
    this.toSpec = register => ({
      type: 'glue-json',
      values: (type as unknown) === JsonDataWithSchema ? 'carrier' : 'value',
      schema: null,
      transportName,
      ...common(configs, convert, register),
    })
  }
}

/** Takes `JsonDataWithSchema`, or with a JSON Schema any value that it holds for. */
export class GlueSchemaRegistryJsonSerializationSchema<T = JsonDataWithSchema> implements Schema<never, T> {
  readonly payload = 'object'
  readonly toSpec: (register: RegisterLocal) => SchemaSpec
  declare readonly valueType?: readonly [never, (written: T) => void]

  /** @param transportName the stream's name; the schema's too, unless `schemaName` is configured */
  constructor(transportName: string, configs: GlueConfiguration, jsonSchema: string | object | null = null) {
    check(configs, 'JSON')
    const schema = jsonSchema === null || typeof jsonSchema === 'string' ? jsonSchema : JSON.stringify(jsonSchema)
    this.toSpec = register => ({
      type: 'glue-json',
      values: 'carrier',
      schema,
      transportName,
      ...common(configs, null, register),
    })
  }
}

function glueAvro<R, W>(
  schema: AvroSchema,
  transportName: string | null,
  configs: GlueConfiguration,
  convert: LocalFunction | null,
): Schema<R, W> {
  const text = schemaText(schema)
  check(configs, 'AVRO')
  return {
    payload: 'object',
    toSpec: register => ({ type: 'glue-avro', schema: text, transportName, ...common(configs, convert, register) }),
  }
}

/** Checks the configuration where the program sets it. @throws ConfigurationError */
function check(given: GlueConfiguration, format: 'AVRO' | 'JSON'): void {
  const untyped: unknown = given
  // The message does not contain the configuration, which may hold secrets.
  if (typeof untyped !== 'object' || untyped === null || Array.isArray(untyped))
    throw new ConfigurationError(
      "Glue Schema Registry: the configuration is an object with keys such as 'registry.name', and comes after the schema or the stream's name.",
    )
  const { secondaryDeserializer: secondary, ...configs } = given
  if (typeof (secondary ?? { toSpec: check }).toSpec !== 'function')
    throw new ConfigurationError(
      "secondaryDeserializer is a schema such as new SimpleStringSchema(), which reads records that have no header of Glue's.",
    )
  parseGlueConfigs(configs, format)
}

function common(
  { secondaryDeserializer, ...configs }: GlueConfiguration,
  convert: LocalFunction | null,
  register: RegisterLocal,
) {
  return {
    configs,
    secondary: secondaryDeserializer?.toSpec(register) ?? null,
    convert: localConverter(convert, register),
  }
}
