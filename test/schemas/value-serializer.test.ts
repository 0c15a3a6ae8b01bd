import t from 'tap'

import { RecordBatch } from '../../core/record-batch/record-batch.ts'
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
  await t.rejects(Promise.resolve(writing), { message: /closed while it wrote/ })
})
