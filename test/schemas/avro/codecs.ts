/** Schemas as plain objects, and codecs for them. */
import { avroDecoder, avroEncoder } from '../../../schemas/avro/avro-codec.ts'
import { avroType } from '../../../schemas/avro/avro-type.ts'

export const logical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more })
export const record = (name: string, fields: Readonly<Record<string, unknown>>, more = {}) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
  ...more,
})
export const codec = (schema: unknown, reader = schema) => {
  const type = avroType(JSON.stringify(schema))
  const decoder = avroDecoder({ reader: avroType(JSON.stringify(reader)), writer: type })
  const encoder = avroEncoder(type)
  return {
    decode: (...bytes: number[]) => decoder.decode(Buffer.from(bytes)),
    encode: (value: unknown) => encoder.encode(value),
    again: (value: unknown) => decoder.decode(encoder.encode(value)),
    type: decoder.type,
  }
}
