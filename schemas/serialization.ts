/** Turns the values of a stream into the bytes of records, a batch at a time. */
import { ConfigurationError, ShardlineError } from '../core/foundation/errors.ts'
import type { RecordBatch } from '../core/foundation/record-batch/record-batch.ts'
import { isUtf8, packText } from './deserialization.ts'
import type { SerializationSchema } from './contracts/program-schema.ts'
import { loadSchemaOfProgram } from './glue/schema-services.ts'
import type { SchemaServices } from './glue/schema-services.ts'
import type { SchemaSpec } from './contracts/schema-spec.ts'
import type { ValueEncoder } from './contracts/value-codec.ts'
import { customEncoder, ValueSerializer } from './value-serializer.ts'
import type { Serializer, WrittenBatch } from './contracts/batch-codec.ts'

export function serializerOf(schema: SchemaSpec, services: SchemaServices): Serializer {
  const whole = wholeBatch(schema)
  return whole === null ? new LoadedSerializer(schema, () => load(schema, services)) : new BatchSerializer(whole)
}

/** Converts a whole batch at once. `null` when the schema writes value by value. */
function wholeBatch(schema: SchemaSpec): ((batch: RecordBatch) => RecordBatch) | null {
  if (schema.type === 'simple-string' && isUtf8(schema.charset))
    return batch => {
      if (batch.payload === 'text') return batch
      if (batch.payload === 'object') return packStrings(batch)
      throw mismatch(schema, `a stream of payload '${batch.payload}'`)
    }
  if (schema.type === 'byte-array')
    return batch => {
      if (batch.payload === 'bytes') return batch
      if (batch.payload === 'object') return packBytes(batch)
      throw mismatch(schema, `a stream of payload '${batch.payload}'`)
    }
  return null
}

class BatchSerializer implements Serializer {
  readonly #toBytes: (batch: RecordBatch) => RecordBatch

  constructor(toBytes: (batch: RecordBatch) => RecordBatch) {
    this.#toBytes = toBytes
  }

  async open(): Promise<void> {}

  write(batch: RecordBatch): WrittenBatch {
    return { batch: this.#toBytes(batch), rejected: null }
  }

  close(): void {}
}

/** Loads the codec when the job first needs it. */
class LoadedSerializer implements Serializer {
  readonly #schema: SchemaSpec
  readonly #load: () => Promise<Serializer>
  #loaded: Serializer | null = null
  #opening: Promise<void> | null = null
  #isClosed = false

  constructor(schema: SchemaSpec, load: () => Promise<Serializer>) {
    this.#schema = schema
    this.#load = load
  }

  open(): Promise<void> {
    return (this.#opening ??= this.#load().then(loaded => {
      this.#loaded = loaded
      if (this.#isClosed) loaded.close()
    }))
  }

  write(batch: RecordBatch): WrittenBatch | Promise<WrittenBatch> {
    if (batch.payload === 'pickle') throw mismatch(this.#schema, 'pickled Python objects')
    return this.#loaded === null ? this.open().then(() => this.#loaded!.write(batch)) : this.#loaded.write(batch)
  }

  close(): void {
    this.#isClosed = true
    this.#loaded?.close()
  }
}

async function load(schema: SchemaSpec, services: SchemaServices): Promise<Serializer> {
  switch (schema.type) {
    case 'custom': {
      const made = (await loadSchemaOfProgram(schema.schema, services, 'serialize')) as SerializationSchema<unknown>
      await made.open?.()
      return new ValueSerializer(customEncoder(made))
    }
    case 'type-information': {
      const { typeInformationEncoder } = await import('./flink/type-serializer.ts')
      return new ValueSerializer(typeInformationEncoder(schema.typeInfo))
    }
    case 'json-row':
      return new ValueSerializer((await import('./flink/json-row.ts')).jsonRowEncoder(schema))
    case 'csv-row':
      return new ValueSerializer((await import('./flink/csv-row.ts')).csvRowEncoder(schema))
    case 'avro':
      return new ValueSerializer((await import('./avro/avro-codec.ts')).avroSchemaEncoder(schema))
    case 'simple-string':
      return new ValueSerializer(await stringEncoder(schema.charset))
    case 'glue-avro': {
      const { glueAvroEncoder } = await import('./glue/glue-avro.ts')
      return new ValueSerializer(glueAvroEncoder(schema, await services.glueRegistry(schema.configs, 'AVRO')))
    }
    case 'glue-json': {
      const { glueJsonEncoder } = await import('./glue/glue-json.ts')
      return new ValueSerializer(glueJsonEncoder(schema, await services.glueRegistry(schema.configs, 'JSON')))
    }
    case 'byte-array': // writes whole batches
    case 'kinesis-record':
      throw new ConfigurationError(`The schema ${schema.type} cannot write values.`)
  }
}

/** For charsets other than UTF-8. */
async function stringEncoder(charset: string): Promise<ValueEncoder> {
  const encode = (await import('./flink/charset.ts')).stringEncoder(charset)
  return {
    encode: value => {
      if (typeof value !== 'string') throw mismatch({ type: 'simple-string' }, describeValue(value))
      return encode(value)
    },
  }
}

function packStrings(batch: RecordBatch): RecordBatch {
  const values = batch.values()
  for (const value of values)
    if (typeof value !== 'string' && value !== null) throw mismatch({ type: 'simple-string' }, describeValue(value))
  const texts = values.map(value => (value as string | null) ?? '')
  return batch.withSlab('text', { ...packText(texts), nulls: nullsOf(values) }, null)
}

function packBytes(batch: RecordBatch): RecordBatch {
  const values = batch.values()
  const dataOffset = new Uint32Array(values.length)
  const dataLength = new Uint32Array(values.length)
  let at = 0
  values.forEach((value, i) => {
    if (value !== null && !(value instanceof Uint8Array)) throw mismatch({ type: 'byte-array' }, describeValue(value))
    dataOffset[i] = at
    at += dataLength[i] = value?.length ?? 0
  })
  const slab = Buffer.concat(
    values.filter(value => value instanceof Uint8Array),
    at,
  )
  return batch.withSlab('bytes', { slab, dataOffset, dataLength, nulls: nullsOf(values) }, null)
}

/** A bit for each null, or `null` when there is none. The sink rejects each null by itself. */
function nullsOf(values: readonly unknown[]): Uint8Array | null {
  if (!values.includes(null)) return null
  const nulls = new Uint8Array((values.length + 7) >> 3)
  values.forEach((value, i) => {
    if (value === null) nulls[i >> 3]! |= 1 << (i & 7)
  })
  return nulls
}

const describeValue = (value: unknown): string => (value === null ? 'null' : `a value of type ${typeof value}`)

/** For each schema its name, the values that it writes, and how to make them. */
const WANTED: Readonly<Partial<Record<SchemaSpec['type'], readonly [string, string, string]>>> = {
  'simple-string': ['SimpleStringSchema', 'strings', 'Map to strings first (in Python: output_type=Types.STRING()).'],
  'byte-array': [
    'ByteArraySchema',
    'bytes',
    'Map to bytes first (in Python: output_type=Types.PRIMITIVE_ARRAY(Types.BYTE())).',
  ],
}

function mismatch(schema: Pick<SchemaSpec, 'type'>, found: string): ShardlineError {
  const [name, wants, hint] = WANTED[schema.type] ?? [
    `The schema ${schema.type}`,
    'values',
    "In a job graph the function before the sink must have the output 'object'.",
  ]
  return new ShardlineError('GRAPH_INVALID', `${name} writes ${wants}, but it was given ${found}. ${hint}`)
}
