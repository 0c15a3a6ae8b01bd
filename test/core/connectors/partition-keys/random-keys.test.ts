import t from 'tap'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { randomKey } from '../../../../core/connectors/partition-keys/random-keys.ts'
import { keysOf } from '../../fakes/partition-keys.ts'

t.test('every record has its own version 4 UUID', async t => {
  const batch = RecordBatch.ofValues(Array.from({ length: 1000 }))
  const keys = keysOf(randomKey(batch), 1000)
  t.ok(
    keys.every(k => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(k)),
    String(keys[0]),
  )
  t.equal(new Set(keys).size, 1000)
})
