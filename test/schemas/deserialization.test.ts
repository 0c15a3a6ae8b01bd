import t from 'tap'

import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { deserializerOf, packText } from '../../schemas/deserialization.ts'
import type { SchemaSpec } from '../../schemas/contracts/schema-spec.ts'
import { NO_SCHEMA_SERVICES } from '../../schemas/glue/schema-services.ts'
import { sourceBatch } from '../core/fakes/batches.ts'

const bytes = (...values: Buffer[]): RecordBatch => RecordBatch.pack('bytes', values)
const reader = (schema: SchemaSpec) => {
  const deserializer = deserializerOf(schema, NO_SCHEMA_SERVICES)
  return async (batch: RecordBatch) => (await deserializer.read(batch)).batch
}
const text = (charset: string) => reader({ type: 'simple-string', charset })

t.test('bytes stay what they are', async t => {
  const batch = bytes(Buffer.of(0xff))
  t.equal(await reader({ type: 'byte-array' })(batch), batch)
})

t.test('UTF-8, however it is spelled, is not copied', async t => {
  const batch = bytes(Buffer.from('zürich'))
  for (const charset of ['UTF-8', 'utf8', 'Utf-8']) {
    const out = await text(charset)(batch)
    t.same([out.payload, out.values()], ['text', ['zürich']])
    t.equal(out.slab, batch.slab)
  }
})

t.test('other charsets are decoded, and positions stay', async t => {
  t.same((await text('ISO-8859-1')(bytes(Buffer.from('zürich', 'latin1')))).values(), ['zürich'])
  const utf16 = await text('UTF-16LE')(bytes(Buffer.from('zürich', 'utf16le'), Buffer.of()))
  t.same([utf16.payload, utf16.values()], ['text', ['zürich', '']])
  const source = sourceBatch('a', 'b')
  t.same((await text('us-ascii')(source)).positions!.at(1), source.positions!.at(1))
})

t.test('a charset that nobody knows is an error when the schema is used', async t => {
  await t.rejects(text('klingon')(bytes()), { code: 'CONFIGURATION_INVALID', message: /'klingon'/ })
})

t.test('strings are packed into one slab', async t => {
  const texts = ['', 'zürich', '𝕂', 'a'.repeat(1000)]
  const columns = packText(texts)
  t.same(RecordBatch.ofSlab('text', columns).values(), texts)
  t.same(packText([]).dataOffset.length, 0)
})
