/** Turns the bytes of records into the values of a stream, a batch at a time. */
import { ConfigurationError } from '../core/foundation/errors.ts'
import { RecordBatch } from '../core/foundation/record-batch/record-batch.ts'
import { asText } from '../core/foundation/record-batch/utf8.ts'
import { KINESIS_RECORD_TYPE } from './contracts/program-schema.ts'
import type { KinesisDeserializationSchema } from './contracts/program-schema.ts'
import { loadSchemaOfProgram } from './glue/schema-services.ts'
import type { SchemaServices } from './glue/schema-services.ts'
import type { SchemaSpec, ValueFunctionSpec } from './contracts/schema-spec.ts'
import { recordMalformed } from './contracts/value-codec.ts'
import type { ValueDecoder } from './contracts/value-codec.ts'
import { CustomDeserializer, ValueDeserializer } from './value-deserializer.ts'
import type { Deserializer, PoisonedRecord, ReadBatch } from './contracts/batch-codec.ts'

const NONE: readonly PoisonedRecord[] = []

/** With `keepRecords`, values keep the bytes of their records, for a function that completes the schema. */
export function deserializerOf(schema: SchemaSpec, services: SchemaServices, keepRecords = false): Deserializer {
  const whole = wholeBatch(schema)
  return whole === null
    ? new LoadedDeserializer(() => load(schema, services, keepRecords))
    : new BatchDeserializer(whole)
}

/** Converts a whole batch at once. `null` when the schema reads record by record. */
function wholeBatch(schema: SchemaSpec): ((batch: RecordBatch) => RecordBatch) | null {
  switch (schema.type) {
    case 'byte-array':
      return batch => batch
    case 'simple-string':
      return isUtf8(schema.charset) ? asText : null
    case 'kinesis-record':
      return asRecords
    default:
      return null
  }
}

/** UTF-8 is passed on unchanged. The codecs of other charsets are loaded with their tables. */
export const isUtf8 = (charset: string): boolean => /^utf-?8$/i.test(charset)

class BatchDeserializer implements Deserializer {
  readonly #toBatch: (batch: RecordBatch) => RecordBatch

  constructor(toBatch: (batch: RecordBatch) => RecordBatch) {
    this.#toBatch = toBatch
  }

  async open(): Promise<void> {}

  read(batch: RecordBatch): ReadBatch {
    return { batch: this.#toBatch(batch), poisoned: NONE }
  }

  close(): void {}
}

/** Loads the codec when the job first needs it, so that a job that reads strings starts without one. */
class LoadedDeserializer implements Deserializer {
  readonly #load: () => Promise<Deserializer>
  #loaded: Deserializer | null = null
  #opening: Promise<void> | null = null
  #isClosed = false

  constructor(load: () => Promise<Deserializer>) {
    this.#load = load
  }

  open(): Promise<void> {
    return (this.#opening ??= this.#load().then(async loaded => {
      await loaded.open()
      this.#loaded = loaded
      if (this.#isClosed) loaded.close()
    }))
  }

  read(batch: RecordBatch): ReadBatch | Promise<ReadBatch> {
    return this.#loaded === null ? this.open().then(() => this.#loaded!.read(batch)) : this.#loaded.read(batch)
  }

  close(): void {
    this.#isClosed = true
    this.#loaded?.close()
  }
}

async function load(schema: SchemaSpec, services: SchemaServices, keepRecords: boolean): Promise<Deserializer> {
  if (schema.type === 'custom')
    return new CustomDeserializer(
      (await loadSchemaOfProgram(schema.schema, services, 'deserialize')) as KinesisDeserializationSchema<unknown>,
    )
  if (schema.type === 'simple-string') return new BatchDeserializer(await textReader(schema.charset))
  return new ValueDeserializer(await decoderFor(schema, services), keepRecords)
}

/** The decoder of a schema, which may be the secondary schema for records without a Glue header. */
async function decoderFor(schema: SchemaSpec, services: SchemaServices): Promise<ValueDecoder> {
  switch (schema.type) {
    case 'byte-array':
      return { type: { type: 'PRIMITIVE_ARRAY', element: { type: 'BYTE' } }, decode: record => Buffer.from(record) }
    case 'simple-string':
      return stringDecoder(schema.charset)
    case 'type-information':
      return (await import('./flink/type-serializer.ts')).typeInformationDecoder(schema.typeInfo)
    case 'json-row':
      return (await import('./flink/json-row.ts')).jsonRowDecoder(schema)
    case 'csv-row':
      return (await import('./flink/csv-row.ts')).csvRowDecoder(schema)
    case 'avro':
      return converted((await import('./avro/avro-codec.ts')).avroSchemaDecoder(schema), schema.convert, services)
    case 'glue-avro':
    case 'glue-json': {
      const secondary = schema.secondary === null ? null : await decoderFor(schema.secondary, services)
      if (schema.type === 'glue-avro') {
        const { glueAvroDecoder } = await import('./glue/glue-avro.ts')
        const registry = await services.glueRegistry(schema.configs, 'AVRO')
        return converted(glueAvroDecoder(schema, registry, secondary), schema.convert, services)
      }
      const { glueJsonDecoder } = await import('./glue/glue-json.ts')
      const registry = await services.glueRegistry(schema.configs, 'JSON')
      return converted(glueJsonDecoder(schema, registry, secondary), schema.convert, services)
    }
    case 'kinesis-record':
    case 'custom':
      throw new ConfigurationError(`A schema of type '${schema.type}' cannot be a secondary schema.`)
  }
}

/** Passes each value through the program's function. */
async function converted(
  decoder: ValueDecoder,
  convert: ValueFunctionSpec | null,
  services: SchemaServices,
): Promise<ValueDecoder> {
  if (convert === null) return decoder
  const fn = (await services.loadFunction(convert)) as (value: unknown) => unknown
  return {
    type: null,
    prepare: record => decoder.prepare?.(record) ?? null,
    decode: record => {
      const value = decoder.decode(record)
      if (value === undefined) return value
      let made: unknown
      try {
        made = fn(value)
      } catch (error) {
        throw recordMalformed(`The value does not become the program's object: ${(error as Error).message}`, error)
      }
      if (made === undefined) throw recordMalformed("The value does not become the program's object: it is undefined.")
      return made
    },
    close: () => decoder.close?.(),
  }
}

function asRecords(batch: RecordBatch): RecordBatch {
  const records = new Array<unknown>(batch.count)
  for (let i = 0; i < batch.count; i++) {
    const arrival = batch.timestamp?.[i] ?? -Infinity
    records[i] = {
      data: batch.value(i),
      ...batch.positions!.at(i),
      approximateArrivalTimestamp: arrival === -Infinity ? null : arrival,
    }
  }
  return batch.withValues(records, null, KINESIS_RECORD_TYPE)
}

async function stringDecoder(charset: string): Promise<ValueDecoder> {
  const read = isUtf8(charset) ? asText : await textReader(charset)
  return { type: { type: 'STRING' }, decode: record => read(RecordBatch.pack('bytes', [record])).value(0) }
}

/** For charsets other than UTF-8: decodes each value and stores it as UTF-8. @throws ConfigurationError */
async function textReader(charset: string): Promise<(batch: RecordBatch) => RecordBatch> {
  const decode = (await import('./flink/charset.ts')).stringDecoder(charset)
  return batch => {
    const texts = batch.values().map(v => decode(v as Buffer))
    return batch.withSlab('text', packText(texts), null)
  }
}

/** Packs strings into one slab of UTF-8. */
export function packText(texts: readonly string[]): { slab: Buffer; dataOffset: Uint32Array; dataLength: Uint32Array } {
  let bound = 0
  for (const text of texts) bound += text.length * 3
  const slab = Buffer.allocUnsafe(bound)
  const dataOffset = new Uint32Array(texts.length)
  const dataLength = new Uint32Array(texts.length)
  let at = 0
  for (let i = 0; i < texts.length; i++) {
    dataOffset[i] = at
    at += dataLength[i] = slab.write(texts[i]!, at)
  }
  return { slab: at < bound / 2 ? Buffer.from(slab.subarray(0, at)) : slab, dataOffset, dataLength }
}
