import t from 'tap'

import { RecordBatch } from '../../../core/record-batch/record-batch.ts'
import type { KeyColumns } from '../../../core/sink/partition-key-generator.ts'
import { customKey, fixedKey, randomKey } from '../../../core/sink/partition-key-generator.ts'
import { sourceBatch, textBatch } from '../fakes/batches.ts'

const keysOf = ({ keySlab, keyOffset, keyLength }: KeyColumns, count: number): string[] =>
  Array.from({ length: count }, (_, i) => keySlab.utf8Slice(keyOffset[i]!, keyOffset[i]! + keyLength[i]!))

t.test('fixed: every record of a subtask has its index as key', async t => {
  const fixed = fixedKey(12)
  t.same(keysOf(fixed(textBatch('a', 'b')), 2), ['12', '12'])
  t.same(keysOf(fixed(textBatch('a', 'b', 'c')), 3), ['12', '12', '12'])
  t.same(keysOf(fixed(textBatch('a')), 1), ['12'])
})

t.test('random: every record has a version 4 UUID of its own', async t => {
  const batch = RecordBatch.ofValues(Array.from({ length: 1000 }))
  const keys = keysOf(randomKey(batch), 1000)
  t.ok(
    keys.every(k => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(k)),
    String(keys[0]),
  )
  t.equal(new Set(keys).size, 1000)
})

t.test('a function of the value gives the key, of any script', async t => {
  const keys = keysOf(customKey(v => `ключ ${String(v)}`, 'out')(textBatch('a', 'zürich')), 2)
  t.same(keys, ['ключ a', 'ключ zürich'])
})

t.test('a key has 1 to 256 characters, counted as the service counts', async t => {
  const key = (text: string) => () => keysOf(customKey(() => text, 'out')(textBatch('a')), 1)
  for (const ok of ['k', 'k'.repeat(256), '𝕂'.repeat(256)]) t.same(key(ok)(), [ok])
  for (const wrong of ['', 'k'.repeat(257), '𝕂'.repeat(257)]) t.throws(key(wrong), { code: 'VALIDATION_FAILED' })
})

t.test('a wrong key is told with the position of its record', async t => {
  const batch = sourceBatch('good', 'bad')
  t.throws(() => customKey(v => (String(v) === 'bad' ? (undefined as never) : 'k'), 'out')(batch), {
    code: 'VALIDATION_FAILED',
    message: /sink to stream out gave undefined/,
    details: { position: batch.positions!.at(1) },
  })
})
