/**
 * Avro behind the header of the Glue Schema Registry. A record is read with the schema that it was written with, which the
 * registry knows by the header, resolved against the schema that is given. Readers are kept for as many writers as schemas are.
 *
 *   decode   header ── not one ──> the secondary decoder, else RECORD_MALFORMED
 *              └─ id of the version ──> reader, where it was prepared ──> value
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
  /** Most records are of the same version as the one before. */
  #last: { readonly header: Buffer; readonly decoder: ValueDecoder } | null = null

  constructor(reader: AvroType, registry: SchemaRegistry, secondary: ValueDecoder | null, kept: number) {
    // What does not fit in the reader's own schema is said before the first record.
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

/** Whose errors say which schema a record was written with. */
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

/** What values are where some come of the secondary decoder; null: as each of them looks. */
export function typeOfEither(own: TypeSpec | null, secondary: ValueDecoder | null): TypeSpec | null {
  if (secondary === null || own === null) return own
  if (secondary.type === null) return null
  return JSON.stringify(secondary.type) === JSON.stringify(own) ? own : { type: 'UNION', types: [own, secondary.type] }
}

/** The record's schema is of another format: it is the record's fault, or that of the schema that is used for it. */
export function checkFormat({ dataFormat }: RegisteredSchema, format: string, what: string): void {
  if (dataFormat !== format)
    throw recordMalformed(
      `The record was written with ${what}, which is one of ${dataFormat}, and it is read as ${format}.`,
    )
}

/** Kinds that Amazon's serializer takes, and Flink's with it. */
const WRITTEN: ReadonlySet<AvroType['kind']> = new Set(['record', 'enum', 'array', 'fixed'])

/** @throws ConfigurationError */
export function glueAvroEncoder(spec: GlueAvroSchemaSpec, registry: SchemaRegistry): ValueEncoder {
  const type = avroType(spec.schema)
  const settings = parseGlueConfigs(spec.configs, 'AVRO')
  if (!WRITTEN.has(type.kind))
    throw new ConfigurationError(
      `The schema registry is written with records, enums, arrays and fixed, and this is ${nameOf(type)}.`,
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
