/** From the bytes of a record to the values of a stream, a batch at a time. */
import { ConfigurationError } from '../core/errors.ts'
import type { RecordBatch } from '../core/record-batch/record-batch.ts'
import { asText } from '../core/record-batch/utf8.ts'
import type { SchemaSpec } from './schema-spec.ts'

export function deserializerOf(schema: SchemaSpec): (batch: RecordBatch) => RecordBatch {
  switch (schema.type) {
    case 'byte-array':
      return batch => batch
    case 'simple-string': {
      const charset = schema.charset.toUpperCase()
      if (charset === 'UTF-8' || charset === 'UTF8') return asText
      return decoderOf(schema.charset)
    }
    default:
      throw new ConfigurationError(`Schema '${schema.type}' cannot be read yet.`)
  }
}

/** Other charsets: each value is decoded, then held as UTF-8. */
function decoderOf(charset: string): (batch: RecordBatch) => RecordBatch {
  let decoder: InstanceType<typeof TextDecoder>
  try {
    decoder = new TextDecoder(charset, { ignoreBOM: true })
  } catch {
    throw new ConfigurationError(`SimpleStringSchema: the charset '${charset}' is not known here.`)
  }
  return batch => {
    const texts = batch.values().map(v => decoder.decode(v as Buffer))
    return batch.withSlab('text', packText(texts), null)
  }
}

/** Strings into one slab of UTF-8. */
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
