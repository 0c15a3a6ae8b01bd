import t from 'tap'

import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { serializerOf } from '../../schemas/serialization.ts'
import type { WrittenBatch } from '../../schemas/contracts/batch-codec.ts'
import type { SchemaSpec } from '../../schemas/contracts/schema-spec.ts'
import { NO_SCHEMA_SERVICES } from '../../schemas/glue/schema-services.ts'
import { sourceBatch } from '../core/fakes/batches.ts'

const writer = (schema: SchemaSpec) => {
  const serializer = serializerOf(schema, NO_SCHEMA_SERVICES)
  return (batch: RecordBatch) => (serializer.write(batch) as WrittenBatch).batch
}
const string = writer({ type: 'simple-string', charset: 'UTF-8' })
const byteArray = writer({ type: 'byte-array' })

t.test('text and bytes go out as they lie in memory', async t => {
  const text = RecordBatch.pack('text', ['a'])
  t.equal(string(text), text)
  const bytes = RecordBatch.pack('bytes', ['a'])
  t.equal(byteArray(bytes), bytes)
})

t.test('strings and byte arrays of this process are packed, with their positions', async t => {
  const source = sourceBatch('x', 'y')
  const packed = string(source.withValues(['zürich', ''], null))
  t.same([packed.payload, packed.values()], ['text', ['zürich', '']])
  t.same(packed.positions!.at(1), source.positions!.at(1))
  t.same(byteArray(RecordBatch.ofValues([Buffer.of(1), new Uint8Array([2, 3])])).values(), [
    Buffer.of(1),
    Buffer.of(2, 3),
  ])
})

t.test('anything else is an error that says what is wanted', async t => {
  t.throws(() => string(RecordBatch.pack('bytes', ['a'])), {
    message: /writes strings, but .* payload 'bytes'.*Types.STRING/,
  })
  t.throws(() => string(RecordBatch.pack('pickle', ['a'])), { message: /payload 'pickle'/ })
  t.throws(() => string(RecordBatch.ofValues(['a', 1])), { message: /a value of type number/ })
  t.throws(() => byteArray(RecordBatch.ofValues(['a'])), { message: /ByteArraySchema writes bytes.*type string/ })
  for (const batch of [
    string(RecordBatch.ofValues(['a', null])),
    byteArray(RecordBatch.ofValues([Buffer.of(1), null])),
  ])
    t.same([batch.isNull(0), batch.isNull(1)], [false, true], 'the sink refuses a null, not the batch')
  t.throws(() => byteArray(RecordBatch.pack('text', ['a'])), { code: 'GRAPH_INVALID' })
})

t.test('other charsets than UTF-8 are written as Java writes them', async t => {
  const serializer = serializerOf({ type: 'simple-string', charset: 'latin1' }, NO_SCHEMA_SERVICES)
  await serializer.open()
  for (const batch of [RecordBatch.ofValues(['zürich', '€']), RecordBatch.pack('text', ['zürich', '€'])]) {
    const { batch: written } = await serializer.write(batch)
    t.same(written.values(), [Buffer.from('zürich', 'latin1'), Buffer.from('?')])
  }
  const unknown = serializerOf({ type: 'simple-string', charset: 'klingon' }, NO_SCHEMA_SERVICES)
  await t.rejects(unknown.open(), { code: 'CONFIGURATION_INVALID', message: /'klingon'/ })
})
