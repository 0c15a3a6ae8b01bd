import t from 'tap'

import { RecordBatch } from '../../core/record-batch/record-batch.ts'
import { serializerOf } from '../../schemas/serialization.ts'
import { sourceBatch } from '../core/fakes/batches.ts'

const string = serializerOf({ type: 'simple-string', charset: 'UTF-8' })
const byteArray = serializerOf({ type: 'byte-array' })

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
  t.throws(() => byteArray(RecordBatch.ofValues([null])), { message: /given null/ })
  t.throws(() => byteArray(RecordBatch.pack('text', ['a'])), { code: 'GRAPH_INVALID' })
})

t.test('only UTF-8 is written', async t => {
  t.throws(() => serializerOf({ type: 'simple-string', charset: 'UTF-16' }), {
    code: 'CONFIGURATION_INVALID',
    message: /UTF-16/,
  })
})
