import t from 'tap'

import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { typeInformationEncoder } from '../../schemas/flink/type-serializer.ts'
import { customEncoder, ValueSerializer } from '../../schemas/value-serializer.ts'

t.test('a schema of the program may write each value to the same place', async t => {
  const scratch = Buffer.alloc(8)
  const serialize = (value: unknown): Buffer => scratch.subarray(0, scratch.write(value as string))
  const { batch } = await new ValueSerializer(customEncoder({ serialize })).write(
    RecordBatch.ofValues(['one', 'three']),
  )
  t.same(batch.values().map(String), ['one', 'three'])
})

t.test('what is waited for is given up when the schema is closed', async t => {
  const encoder = { prepare: () => new Promise<void>(() => undefined), encode: () => Buffer.alloc(0) }
  const serializer = new ValueSerializer(encoder)
  const writing = serializer.write(RecordBatch.ofValues([1]))
  serializer.close()
  await t.rejects(Promise.resolve(writing), { message: /closed during a write/ })
})

t.test('null is written where the schema has bytes for it, as in Flink, and else is refused for itself', async t => {
  const nulls = RecordBatch.ofValues(['a', null])
  const strings = await new ValueSerializer(typeInformationEncoder({ type: 'STRING' })).write(nulls)
  t.same([strings.batch.values().map(v => (v as Buffer).toString('hex')), strings.rejected], [['0261', '00'], null])
  const ints = await new ValueSerializer(typeInformationEncoder({ type: 'INT' })).write(RecordBatch.ofValues([1, null]))
  t.same(
    [...ints.rejected!],
    [[1, 'The value must be a whole number from -2147483648 to 2147483647 (INT), but is null.']],
  )
  const own = customEncoder({ serialize: value => (value === null ? 'nothing' : (null as never)) })
  const written = await new ValueSerializer(own).write(nulls)
  t.equal(String(written.batch.value(1)), 'nothing')
  t.match([...written.rejected!], [[0, /returned null. It must return a Uint8Array or a string/]])
  const other = await new ValueSerializer({ encode: () => Buffer.alloc(0) }).write(nulls)
  t.same([...other.rejected!], [[1, 'null cannot be written.']])
})
