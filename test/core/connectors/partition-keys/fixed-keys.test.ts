import t from 'tap'
import { fixedKey } from '../../../../core/connectors/partition-keys/fixed-keys.ts'
import { textBatch } from '../../fakes/batches.ts'
import { keysOf } from '../../fakes/partition-keys.ts'

t.test('the key of every record is the index of the subtask', async t => {
  const fixed = fixedKey(12)
  t.same(keysOf(fixed(textBatch('a', 'b')), 2), ['12', '12'])
  t.same(keysOf(fixed(textBatch('a', 'b', 'c')), 3), ['12', '12', '12'])
  t.same(keysOf(fixed(textBatch('a')), 1), ['12'])
})
