/**
 * Avro behind the header of the Glue Schema Registry. The header identifies the writer's schema, which the registry returns. It is
 * resolved against the reader's schema. Compiled readers are cached, as many as schemas.
 *
 *   decode   no Glue header ──> secondary decoder, or RECORD_MALFORMED without one
 *            Glue header ──> id of the schema version ──> prepared reader ──> value
 */
import { LRUCache } from 'lru-cache'

import { asShardlineError, ConfigurationError, ShardlineError } from '../../core/foundation/errors.ts'
import { avroDecoder, avroEncoder } from '../avro/avro-codec.ts'
import { avroType } from '../avro/avro-type.ts'
import { nameOf } from '../avro/schema-model.ts'
import type { AvroType } from '../avro/schema-model.ts'
import { schemaText } from '../avro/schema-text.ts'
import type { GlueAvroSchemaSpec } from '../contracts/schema-spec.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import { recordMalformed } from '../contracts/value-codec.ts'
import type { ValueDecoder, ValueEncoder } from '../contracts/value-codec.ts'
import { parseGlueConfigs, schemaNameOf } from './glue-configs.ts'
import { glueHeader, gluePayload, isGlueFrame, readGlueFrame, sameVersion, schemaVersionIdOf } from './glue-frame.ts'
import type { RegisteredSchema, SchemaRegistry } from './schema-registry.ts'
import { WrittenVersions } from './written-versions.ts'

/** @throws ConfigurationError */
export function glueAvroDecoder(
  spec: GlueAvroSchemaSpec,
  registry: SchemaRegistry,
  secondary: ValueDecoder | null,
): ValueDecoder {
  const reader = avroType(spec.schema)
  const { registry: options } = parseGlueConfigs(spec.configs, 'AVRO')
  return new GlueAvroDecoder(reader, registry, secondary, options.cacheSize)
}

class GlueAvroDecoder implements ValueDecoder {
  readonly type: ValueDecoder['type']
  readonly #reader: AvroType
  readonly #registry: SchemaRegistry
  readonly #secondary: ValueDecoder | null
  readonly #decoders: LRUCache<string, ValueDecoder>
  /** Most records have the same schema version as the record before. */
  #last: { readonly header: Buffer; readonly decoder: ValueDecoder } | null = null

  constructor(reader: AvroType, registry: SchemaRegistry, secondary: ValueDecoder | null, kept: number) {
    // Compiles the reader's schema, so that an invalid default fails before the first record.
    this.type = typeOfEither(avroDecoder({ reader, writer: reader }).type, secondary)
    this.#reader = reader
    this.#registry = registry
    this.#secondary = secondary
    this.#decoders = new LRUCache({ max: kept })
  }

  decode(record: Buffer): unknown {
    const last = this.#last
    const isFrame = isGlueFrame(record)
    if (isFrame && last !== null && sameVersion(record, last.header)) return last.decoder.decode(gluePayload(record))
    if (!isFrame && this.#secondary !== null) return this.#secondary.decode(record)
    const { schemaVersionId, payload } = readGlueFrame(record)
    const decoder = this.#decoders.get(schemaVersionId)
    if (decoder === undefined)
      throw new ShardlineError('ILLEGAL_STATE', `The record of schema version ${schemaVersionId} was not prepared.`)
    this.#last = { header: glueHeader(schemaVersionId, 'NONE'), decoder }
    return decoder.decode(payload)
  }

  prepare(record: Buffer): Promise<void> | null {
    if (!isGlueFrame(record)) return this.#secondary?.prepare?.(record) ?? null
    if (this.#last !== null && sameVersion(record, this.#last.header)) return null
    const versionId = schemaVersionIdOf(record)
    return this.#decoders.has(versionId) ? null : this.#load(versionId)
  }

  close(): void {
    this.#secondary?.close?.()
  }

  async #load(versionId: string): Promise<void> {
    const schema = await this.#registry.schemaOf(versionId)
    const what = `version ${versionId} of schema '${schema.schemaName}'`
    checkFormat(schema, 'AVRO', what)
    this.#decoders.set(versionId, this.#decoderOf(schema, what))
  }

  #decoderOf({ definition }: RegisteredSchema, what: string): ValueDecoder {
    try {
      return named(avroDecoder({ reader: this.#reader, writer: avroType(definition) }), what)
    } catch (cause) {
      throw recordMalformed(
        `The record was written with ${what}, which cannot be read as ${nameOf(this.#reader)}: ${asShardlineError(cause).message}`,
        cause,
      )
    }
  }
}

/** Adds the writer's schema to errors. */
function named(decoder: ValueDecoder, what: string): ValueDecoder {
  return {
    type: decoder.type,
    decode(payload) {
      try {
        return decoder.decode(payload)
      } catch (cause) {
        throw recordMalformed(`${asShardlineError(cause).message} It was written with ${what}.`, cause)
      }
    },
  }
}

/** The type of values from both decoders. `null` when each value determines its own type. */
export function typeOfEither(own: TypeSpec | null, secondary: ValueDecoder | null): TypeSpec | null {
  if (secondary === null || own === null) return own
  if (secondary.type === null) return null
  return JSON.stringify(secondary.type) === JSON.stringify(own) ? own : { type: 'UNION', types: [own, secondary.type] }
}

/** @throws ShardlineError RECORD_MALFORMED when the registered schema has another data format */
export function checkFormat({ dataFormat }: RegisteredSchema, format: string, what: string): void {
  if (dataFormat !== format)
    throw recordMalformed(
      `The record was written with ${what}, whose data format is ${dataFormat}, but it is read as ${format}.`,
    )
}

/** The kinds of types that Amazon's serializer supports, and therefore Flink's. */
const WRITTEN: ReadonlySet<AvroType['kind']> = new Set(['record', 'enum', 'array', 'fixed'])

/** @throws ConfigurationError */
export function glueAvroEncoder(spec: GlueAvroSchemaSpec, registry: SchemaRegistry): ValueEncoder {
  const type = avroType(spec.schema)
  const settings = parseGlueConfigs(spec.configs, 'AVRO')
  if (!WRITTEN.has(type.kind))
    throw new ConfigurationError(
      `The schema registry supports schemas of type record, enum, array and fixed only. This schema is ${nameOf(type)}.`,
    )
  const encoder = avroEncoder(type)
  const versions = new WrittenVersions(registry, settings.compression)
  const schema = {
    schemaName: schemaNameOf(settings, spec.transportName),
    dataFormat: 'AVRO',
    definition: schemaText(type),
    transportName: spec.transportName ?? '',
  } as const
  return {
    prepare: () => versions.prepare(schema),
    encode: value => versions.frame(schema, encoder.encode(value)),
  }
}
