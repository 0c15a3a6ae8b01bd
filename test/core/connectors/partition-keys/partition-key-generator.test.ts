import t from 'tap'

import type { EntryRun } from '../../../../core/aws/kinesis/put-records-codec.ts'
import { hashKeyOf } from '../../../../core/aws/kinesis/put-records-codec.ts'
import { KeyColumn } from '../../../../core/foundation/record-batch/key-column.ts'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import type { KeyColumns } from '../../../../core/connectors/partition-keys/partition-key-generator.ts'
import {
  customKey,
  fixedKey,
  keyOfKeyBy,
  randomKey,
} from '../../../../core/connectors/partition-keys/partition-key-generator.ts'
import { KeyWriter } from '../../../../schemas/contracts/key-codec.ts'
import { sourceBatch, textBatch } from '../../fakes/batches.ts'

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

const hashKeysOf = (columns: KeyColumns, count: number): (string | null)[] =>
  Array.from({ length: count }, (_, i) => hashKeyOf(columns as KeyColumns & EntryRun, i))

/** What one wrong key is told as. */
const rejection = (given: unknown): string | undefined => customKey(() => given, 'out')(textBatch('a')).rejected?.get(0)

t.test('a key has 1 to 256 characters, counted as the service counts', async t => {
  const key = (text: string) => customKey(() => text, 'out')(textBatch('a'))
  for (const ok of ['k', 'k'.repeat(256), '𝕂'.repeat(256)]) t.same(keysOf(key(ok), 1), [ok])
  t.equal(rejection(''), 'the partition key generator gave an empty key; a key is a string of 1 to 256 characters')
  t.match(rejection('k'.repeat(257)), /gave a key of 257 characters;/)
  t.match(rejection('𝕂'.repeat(257)), /gave a key of 257 characters;/)
  t.match(rejection('half \ud83d'), /gave the key "half \\ud83d", which is no Unicode;/)
})

t.test('a wrong key is told of its record alone', async t => {
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

t.test('a function that throws is told with the position of the record', async t => {
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

t.test('null is not asked for a key: it is not written', async t => {
  const columns = customKey(v => `key of ${String(v)}`, 'out')(textBatch('a', null, 'b'))
  t.same(keysOf(columns, 3), ['key of a', '', 'key of b'])
  t.equal(columns.rejected, null)
})

t.test('of objects, null is asked for a key; a function that fails for it fails for that record alone', async t => {
  const objects = RecordBatch.ofValues([{ id: 1 }, null])
  t.same(keysOf(customKey(v => (v === null ? 'none' : 'some'), 'out')(objects), 2), ['some', 'none'])
  const columns = customKey(v => String((v as { id: number }).id), 'out')(objects)
  t.match([...columns.rejected!], [[1, /gave an error for null \(TypeError/]])
})

function keyed(values: readonly (string | null)[], keys: readonly unknown[]): RecordBatch {
  const writer = new KeyWriter()
  const offset = new Uint32Array(keys.length)
  const length = new Uint32Array(keys.length)
  keys.forEach((key, i) => {
    offset[i] = writer.position
    if (key instanceof Raw) writer.write('')
    else writer.write(key)
    length[i] = writer.position - offset[i]
  })
  let bytes = writer.finish()
  keys.forEach((key, i) => {
    if (!(key instanceof Raw)) return
    offset[i] = bytes.length
    length[i] = key.bytes.length
    bytes = Buffer.concat([bytes, key.bytes])
  })
  return textBatch(...values).withKeys(new KeyColumn(bytes, offset, length))
}

/** Canonical bytes that JavaScript does not write. */
class Raw {
  readonly bytes: Buffer
  constructor(...bytes: number[]) {
    this.bytes = Buffer.from(bytes)
  }
}

t.test('keys of a key_by: texts where they lie', async t => {
  const batch = keyed(['a', 'b', 'c'], ['one', 'two', 'k'.repeat(256)])
  const columns = keyOfKeyBy(batch)
  t.same(keysOf(columns, 3), ['one', 'two', 'k'.repeat(256)])
  t.equal(columns.keySlab, batch.keys!.bytes, 'nothing was copied')
  t.same([columns.hashKeys, columns.rejected], [null, null])
  t.same(keysOf(keyOfKeyBy(batch.slice(1, 3)), 2), ['two', 'k'.repeat(256)])
  t.same(keysOf(keyOfKeyBy(keyed(['a', 'b'], ['one', 'zürich'])), 2), ['one', 'zürich'])
})

t.test('keys of a key_by: tuples of a partition key and an explicit hash key', async t => {
  const max = 2n ** 128n - 1n
  const keys = ['plain', ['a', 7n], ['b', String(max)], ['c', null], ['d', max]]
  const columns = keyOfKeyBy(keyed(['1', '2', '3', '4', '5'], keys))
  t.same(keysOf(columns, 5), ['plain', 'a', 'b', 'c', 'd'])
  t.same(hashKeysOf(columns, 5), [null, '7', String(max), null, String(max)])
  t.equal(columns.rejected, null)
})

t.test('keys of a key_by that are no keys are told one by one; null has none', async t => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /gave no key;/],
    ['', /gave an empty key;/],
    ['𝕂'.repeat(257), /gave a key of 257 characters;/],
    [17, /gave the key 17, a number;/],
    [true, /gave the key true;/],
    [['k'], /gave a tuple of 1;/],
    [['k', 1, 2], /gave a tuple of 3;/],
    [[null, 1], /gave no key;/],
    [['k', -1n], /gave the explicit hash key -1, a number; an explicit hash key is a whole number/],
    [['k', 'ten'], /gave the explicit hash key 'ten';/],
    [Buffer.from('k'), /gave bytes;/],
    [new Raw(6, 3, 0, 0, 0, 0xed, 0xa0, 0x80), /gave a key that is no Unicode;/],
    [new Raw(12, 1, 0, 0, 0, 0x2e), /gave an object of Python that is neither a str nor a tuple;/],
    [
      new Raw(8, 2, 0, 0, 0, 6, 1, 0, 0, 0, 0x6b, 12, 1, 0, 0, 0, 0x2e),
      /gave a tuple that holds an object of Python; .* explicit hash key/,
    ],
  ]
  const keys = ['good', null, ...wrong.map(([key]) => key)]
  const columns = keyOfKeyBy(keyed(['v', null, ...wrong.map(() => 'v')], keys))
  t.same(
    [...columns.rejected!.keys()],
    wrong.map((_, i) => i + 2),
  )
  t.same(keysOf(columns, 2), ['good', ''])
  wrong.forEach(([, message], i) => t.match(columns.rejected!.get(i + 2), message))
})
