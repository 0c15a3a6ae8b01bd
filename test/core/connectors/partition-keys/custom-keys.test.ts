import t from 'tap'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { customKey } from '../../../../core/connectors/partition-keys/custom-keys.ts'
import { sourceBatch, textBatch } from '../../fakes/batches.ts'
import { hashKeysOf, keysOf } from '../../fakes/partition-keys.ts'

t.test('a function of the value gives the key, of any script', async t => {
  const keys = keysOf(customKey(v => `ключ ${String(v)}`, 'out')(textBatch('a', 'zürich')), 2)
  t.same(keys, ['ключ a', 'ключ zürich'])
})

/** What one wrong key is told as. */
const rejection = (given: unknown): string | undefined => customKey(() => given, 'out')(textBatch('a')).rejected?.get(0)

t.test('a key has 1 to 256 characters, counted as the service counts', async t => {
  const key = (text: string) => customKey(() => text, 'out')(textBatch('a'))
  for (const ok of ['k', 'k'.repeat(256), '𝕂'.repeat(256)]) t.same(keysOf(key(ok), 1), [ok])
  t.equal(rejection(''), 'the partition key generator gave an empty key; a key is a string of 1 to 256 characters')
  t.match(rejection('k'.repeat(257)), /gave a key of 257 characters;/)
  t.match(rejection('𝕂'.repeat(257)), /gave a key of 257 characters;/)
  t.match(rejection('half \ud83d'), /gave the key "half \\ud83d", which is not valid Unicode;/)
})

t.test('a key that is not valid rejects its record alone', async t => {
  const columns = customKey(v => (v === 'bad' ? undefined : `key of ${String(v)}`), 'out')(textBatch('a', 'bad', 'c'))
  t.same([...columns.rejected!.keys()], [1])
  t.match(columns.rejected!.get(1), /gave no key;/)
  t.same(keysOf(columns, 3), ['key of a', '', 'key of c'])
  t.match(rejection(17), /gave the key 17, a number;/)
  t.match(rejection(['a', 'b']), /gave a tuple of 2;/)
  t.match(rejection({}), /gave a value of type object;/)
})

t.test('a function may give an explicit hash key, for some records', async t => {
  const max = 2n ** 128n - 1n
  const given: Record<string, unknown> = {
    none: 'plain',
    zero: { partitionKey: 'z', explicitHashKey: 0n },
    text: { partitionKey: 't', explicitHashKey: '00042' },
    most: { partitionKey: 'm', explicitHashKey: max },
    null: { partitionKey: 'n', explicitHashKey: null },
    left: { partitionKey: 'l' },
  }
  const names = Object.keys(given)
  const columns = customKey(v => given[String(v)], 'out')(textBatch(...names))
  t.same(keysOf(columns, 6), ['plain', 'z', 't', 'm', 'n', 'l'])
  t.same(hashKeysOf(columns, 6), [null, '0', '42', String(max), null, null])
  t.equal(columns.rejected, null)
  t.equal(customKey(() => ({ partitionKey: 'k' }), 'out')(textBatch('a')).hashKeys, null, 'no record has one')
  for (const wrong of [-1n, max + 1n, '-1', '1.5', '0x10', '', 1.5, true, String(max + 1n)])
    t.match(
      rejection({ partitionKey: 'k', explicitHashKey: wrong }),
      /explicit hash key is a whole number from 0 to 2\^128 - 1/,
    )
})

t.test('the error of a function that throws names the position of the record', async t => {
  const batch = sourceBatch('good', 'bad')
  const generator = customKey(v => {
    if (String(v) === 'bad') throw new RangeError('no such table')
    return 'k'
  }, 'out')
  t.throws(() => generator(batch), {
    code: 'FUNCTION_FAILED',
    message:
      /Partition key of the sink to stream out' failed on the record at stream flights, shardId-0+3, .*: RangeError: no such table/,
  })
})

t.test('null gets no key, because it is not written', async t => {
  const columns = customKey(v => `key of ${String(v)}`, 'out')(textBatch('a', null, 'b'))
  t.same(keysOf(columns, 3), ['key of a', '', 'key of b'])
  t.equal(columns.rejected, null)
})

t.test('in a batch of objects null gets a key, and a function that fails for it rejects that record alone', async t => {
  const objects = RecordBatch.ofValues([{ id: 1 }, null])
  t.same(keysOf(customKey(v => (v === null ? 'none' : 'some'), 'out')(objects), 2), ['some', 'none'])
  const columns = customKey(v => String((v as { id: number }).id), 'out')(objects)
  t.match([...columns.rejected!], [[1, /gave an error for null \(TypeError/]])
})
