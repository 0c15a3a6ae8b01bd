/**
 * JSON behind the header of the Glue Schema Registry. A value is a carrier, { schema, payload }, which are two strings, or the parsed
 * payload. As in Amazon's library, values are validated when they are written, not when they are read. A payload keeps its digits:
 * 12.50 stays 12.50, where Java returns 12.5.
 */
import { LRUCache } from 'lru-cache'
import { parse, stringify } from 'lossless-json'

import { ConfigurationError, ShardlineError } from '../../core/foundation/errors.ts'
import { jsonText, parseJsonText } from '../avro/json-text.ts'
import { Decimal } from '../contracts/decimal.ts'
import { unicodeText } from '../flink/unicode-text.ts'
import type { GlueJsonSchemaSpec } from '../contracts/schema-spec.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import { recordMalformed, valueInvalid } from '../contracts/value-codec.ts'
import type { ValueDecoder, ValueEncoder } from '../contracts/value-codec.ts'
import { checkFormat, typeOfEither } from './glue-avro.ts'
import { parseGlueConfigs, schemaNameOf } from './glue-configs.ts'
import type { GlueSettings } from './glue-configs.ts'
import { isGlueFrame, readGlueFrame, schemaVersionIdOf } from './glue-frame.ts'
import { jsonValidator } from './json-validation.ts'
import type { JsonValidator } from './json-validation.ts'
import type { SchemaRegistry, SchemaToWrite } from './schema-registry.ts'
import { WrittenVersions } from './written-versions.ts'

export interface JsonDataWithSchema {
  readonly schema: string
  readonly payload: string
}

const CARRIER: TypeSpec = {
  type: 'RECORD',
  names: ['schema', 'payload'],
  types: [{ type: 'STRING' }, { type: 'STRING' }],
}

/** @throws ConfigurationError */
export function glueJsonDecoder(
  spec: GlueJsonSchemaSpec,
  registry: SchemaRegistry,
  secondary: ValueDecoder | null,
): ValueDecoder {
  const { registry: options } = parseGlueConfigs(spec.configs, 'JSON')
  const definitions = new LRUCache<string, string>({ max: options.cacheSize })
  const load = async (versionId: string): Promise<void> => {
    const schema = await registry.schemaOf(versionId)
    checkFormat(schema, 'JSON', `version ${versionId} of schema '${schema.schemaName}'`)
    definitions.set(versionId, schema.definition)
  }
  return {
    type: typeOfEither(spec.values === 'carrier' ? CARRIER : null, secondary),
    decode(record) {
      if (secondary !== null && !isGlueFrame(record)) return secondary.decode(record)
      const { schemaVersionId, payload } = readGlueFrame(record)
      const schema = definitions.get(schemaVersionId)
      if (schema === undefined)
        throw new ShardlineError('ILLEGAL_STATE', `The record of schema version ${schemaVersionId} was not prepared.`)
      const { text, value } = readPayload(payload)
      return spec.values === 'carrier' ? ({ schema, payload: text } satisfies JsonDataWithSchema) : value
    },
    prepare(record) {
      if (!isGlueFrame(record)) return secondary?.prepare?.(record) ?? null
      const versionId = schemaVersionIdOf(record)
      return definitions.has(versionId) ? null : load(versionId)
    },
    close: () => secondary?.close?.(),
  }
}

/** So many digits that a double may not represent them exactly. */
const LONG_NUMBER = /\d{16}/
/** Jackson's limit of nested levels. */
const MAX_DEPTH = 1000
const [QUOTE, BACKSLASH] = [0x22, 0x5c]
const [OPENING_BRACKET, CLOSING_BRACKET, OPENING_BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d]

function readPayload(payload: Buffer): { readonly text: string; readonly value: unknown } {
  try {
    const text = unicodeText(payload)
    const value: unknown = JSON.parse(text)
    if (isDeep(text)) throw new SyntaxError(`it has more than ${MAX_DEPTH} nested levels`)
    return { text, value: LONG_NUMBER.test(text) ? parse(text, null, EXACTLY) : value }
  } catch (cause) {
    throw recordMalformed(`The payload of the record is not valid JSON: ${(cause as Error).message}.`, cause)
  }
}

/** Whether valid JSON is nested too deeply. A later traversal would overflow the stack, and the error would not name the record. */
function isDeep(text: string): boolean {
  if (text.length < MAX_DEPTH * 2) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at + 1)
    else if (code === OPENING_BRACKET || code === OPENING_BRACE) {
      if (++depth > MAX_DEPTH) return true
    } else if (code === CLOSING_BRACKET || code === CLOSING_BRACE) depth--
  }
  return false
}

/** The index of the closing quote. */
function endOfString(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1
  return at
}

function exactNumber(text: string): number | bigint {
  const number = Number(text)
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number
}

/** Of members with the same name the last one wins, as in JSON.parse. */
const EXACTLY = { parseNumber: exactNumber, onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue }

/** @throws ConfigurationError */
export function glueJsonEncoder(spec: GlueJsonSchemaSpec, registry: SchemaRegistry): ValueEncoder {
  const settings = parseGlueConfigs(spec.configs, 'JSON')
  const ofValues = spec.schema === null ? null : fixedSchema(spec.schema, spec, settings)
  return new GlueJsonEncoder(spec, settings, registry, ofValues)
}

interface JsonSchema {
  readonly written: SchemaToWrite
  readonly validate: JsonValidator
}

class GlueJsonEncoder implements ValueEncoder {
  readonly #spec: GlueJsonSchemaSpec
  readonly #settings: GlueSettings
  readonly #versions: WrittenVersions
  readonly #ofValues: JsonSchema | null
  readonly #ofCarriers = new LRUCache<string, JsonSchema>({ max: 100 })

  constructor(spec: GlueJsonSchemaSpec, settings: GlueSettings, registry: SchemaRegistry, ofValues: JsonSchema | null) {
    this.#spec = spec
    this.#settings = settings
    this.#versions = new WrittenVersions(registry, settings.compression)
    this.#ofValues = ofValues
  }

  /** An invalid schema is reported by `encode`. */
  prepare(value?: unknown): Promise<void> | null {
    let schema: JsonSchema | null
    try {
      schema = this.#schemaOf(value)
    } catch {
      return null
    }
    return schema === null ? null : this.#versions.prepare(schema.written)
  }

  encode(value: unknown): Buffer {
    const { text, document } = isCarrier(value) ? payloadOf(value) : textOf(value)
    const schema = this.#schemaOf(value)
    if (schema === null)
      throw valueInvalid('The value is not { schema, payload }, and no schema is configured for other values.')
    const why = schema.validate(document)
    if (why !== null) throw valueInvalid(`The value does not conform to schema '${schema.written.schemaName}': ${why}.`)
    return this.#versions.frame(schema.written, Buffer.from(text))
  }

  #schemaOf(value: unknown): JsonSchema | null {
    if (!isCarrier(value)) return this.#ofValues
    let schema = this.#ofCarriers.get(value.schema)
    if (schema === undefined) {
      try {
        schema = jsonSchema(value.schema, this.#spec, this.#settings)
      } catch (cause) {
        throw valueInvalid(`The value's schema is invalid: ${(cause as Error).message}.`, cause)
      }
      this.#ofCarriers.set(value.schema, schema)
    }
    return schema
  }
}

function fixedSchema(text: string, spec: GlueJsonSchemaSpec, settings: GlueSettings): JsonSchema {
  try {
    return jsonSchema(text, spec, settings)
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    throw new ConfigurationError(`The JSON schema is invalid: ${(cause as Error).message}.`, { cause })
  }
}

/** @throws SyntaxError */
function jsonSchema(text: string, spec: GlueJsonSchemaSpec, settings: GlueSettings): JsonSchema {
  if (text.trim() === '') throw new SyntaxError('it is blank')
  const definition = jsonText(parseJsonText(text), 'java')
  return {
    written: {
      schemaName: schemaNameOf(settings, spec.transportName),
      dataFormat: 'JSON',
      definition,
      transportName: spec.transportName ?? '',
    },
    validate: jsonValidator(definition),
  }
}

function isCarrier(value: unknown): value is JsonDataWithSchema {
  if (typeof value !== 'object' || value === null) return false
  const { schema, payload } = value as Partial<JsonDataWithSchema>
  return typeof schema === 'string' && typeof payload === 'string' && Object.keys(value).length === 2
}

/** The text that is written, and the document that is validated. */
interface Payload {
  readonly text: string
  readonly document: unknown
}

function payloadOf({ payload }: JsonDataWithSchema): Payload {
  try {
    return { text: jsonText(parseJsonText(payload), 'kept'), document: JSON.parse(payload) as unknown }
  } catch (cause) {
    throw valueInvalid(`The payload is not valid JSON: ${(cause as Error).message}.`, cause)
  }
}

const DECIMALS = [{ test: (value: unknown) => value instanceof Decimal, stringify: String }]

/** Converts values that JSON.stringify would lose: maps, sets, and bytes, which Jackson writes as base64. */
function inJson(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`JSON has no number ${value}`)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, member]) => [nameOf(name), member as unknown]))
  if (value instanceof Set) return [...value] as unknown
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  return value
}

function nameOf(key: unknown): string {
  if (typeof key === 'object' && key !== null && !(key instanceof Decimal))
    throw new TypeError('an object cannot be the name of a member')
  return String(key)
}

function textOf(value: unknown): Payload {
  let text: string | undefined
  try {
    text = stringify(value, inJson, undefined, DECIMALS)
  } catch (cause) {
    throw valueInvalid(`The value cannot be written as JSON: ${(cause as Error).message}.`, cause)
  }
  if (text === undefined) throw valueInvalid(`A value of type ${typeof value} cannot be written as JSON.`)
  return { text, document: JSON.parse(text) as unknown }
}
