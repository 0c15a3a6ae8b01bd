import t from 'tap'

import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import {
  isNeverWritten,
  PartitionKeyColumnsBuilder,
} from '../../../../core/connectors/partition-keys/partition-key-columns.ts'
import { textBatch } from '../../fakes/batches.ts'
import { hashKeysOf, keysOf } from '../../fakes/partition-keys.ts'

t.test('columns hold the keys that were added, and reasons for the records that were rejected', async t => {
  const builder = new PartitionKeyColumnsBuilder(4)
  builder.add(0, 'z\u00fcrich', null)
  builder.add(1, '', null)
  builder.add(2, 'k', '7')
  builder.reject(3, 'nothing', 'it must give something')
  const columns = builder.finish()
  t.same(keysOf(columns, 4), ['z\u00fcrich', '', 'k', ''])
  t.same(hashKeysOf(columns, 4), [null, null, '7', null])
  t.match(
    [...columns.rejected!],
    [
      [1, /^the partition key generator gave an empty key; a key is a string/],
      [3, 'the partition key generator gave nothing; it must give something'],
    ],
  )
})

t.test('a null of a text batch is never written, a null among objects may be', async t => {
  t.equal(isNeverWritten(textBatch('a', null), 1), true)
  t.equal(isNeverWritten(textBatch('a', null), 0), false)
  t.equal(isNeverWritten(RecordBatch.ofValues([null]), 0), false)
})
