/** From the values of a stream to the bytes of records, a batch at a time. */
import { ConfigurationError, ShardlineError } from '../core/errors.ts'
import type { RecordBatch } from '../core/record-batch/record-batch.ts'
import { packText } from './deserialization.ts'
import type { SchemaSpec } from './schema-spec.ts'

/** The result has payload `text` or `bytes`: its slab columns are what is sent. */
export function serializerOf(schema: SchemaSpec): (batch: RecordBatch) => RecordBatch {
  if (schema.type === 'simple-string' && !/^utf-?8$/i.test(schema.charset))
    throw new ConfigurationError(`SimpleStringSchema writes UTF-8; the charset '${schema.charset}' can only be read.`)
  return batch => {
    if (batch.payload === 'text' && schema.type === 'simple-string') return batch
    if (batch.payload === 'bytes' && schema.type === 'byte-array') return batch
    if (batch.payload === 'object') return schema.type === 'simple-string' ? packStrings(batch) : packBytes(batch)
    throw mismatch(schema, `a stream of payload '${batch.payload}'`)
  }
}

function packStrings(batch: RecordBatch): RecordBatch {
  const values = batch.values()
  for (const value of values)
    if (typeof value !== 'string') throw mismatch({ type: 'simple-string' }, describeValue(value))
  return batch.withSlab('text', packText(values as readonly string[]), null)
}

function packBytes(batch: RecordBatch): RecordBatch {
  const values = batch.values() as readonly Uint8Array[]
  const dataOffset = new Uint32Array(values.length)
  const dataLength = new Uint32Array(values.length)
  let at = 0
  values.forEach((value, i) => {
    if (!((value as unknown) instanceof Uint8Array)) throw mismatch({ type: 'byte-array' }, describeValue(value))
    dataOffset[i] = at
    at += dataLength[i] = value.length
  })
  return batch.withSlab('bytes', { slab: Buffer.concat(values, at), dataOffset, dataLength }, null)
}

const describeValue = (value: unknown): string => (value === null ? 'null' : `a value of type ${typeof value}`)

function mismatch(schema: Pick<SchemaSpec, 'type'>, found: string): ShardlineError {
  const [name, wants, hint] =
    schema.type === 'simple-string'
      ? ['SimpleStringSchema', 'strings', 'Map to strings first (in Python: output_type=Types.STRING()).']
      : ['ByteArraySchema', 'bytes', 'Map to bytes first (in Python: output_type=Types.PRIMITIVE_ARRAY(Types.BYTE())).']
  return new ShardlineError('GRAPH_INVALID', `${name} writes ${wants}, but it was given ${found}. ${hint}`)
}
