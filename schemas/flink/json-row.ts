/** Flink's JsonRowDeserializationSchema and JsonRowSerializationSchema. */
export { jsonRowDecoder } from './json-row-reader.ts'
export { jsonRowEncoder } from './json-row-writer.ts'
