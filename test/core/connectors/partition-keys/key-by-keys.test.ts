import t from 'tap'
import { KeyColumn } from '../../../../core/foundation/record-batch/key-column.ts'
import type { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { keyOfKeyBy } from '../../../../core/connectors/partition-keys/key-by-keys.ts'
import { KeyWriter } from '../../../../schemas/contracts/key-codec.ts'
import { textBatch } from '../../fakes/batches.ts'
import { hashKeysOf, keysOf } from '../../fakes/partition-keys.ts'

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

t.test('strings are used where they lie', async t => {
  const batch = keyed(['a', 'b', 'c'], ['one', 'two', 'k'.repeat(256)])
  const columns = keyOfKeyBy(batch)
  t.same(keysOf(columns, 3), ['one', 'two', 'k'.repeat(256)])
  t.equal(columns.keySlab, batch.keys!.bytes, 'nothing was copied')
  t.same([columns.hashKeys, columns.rejected], [null, null])
  t.same(keysOf(keyOfKeyBy(batch.slice(1, 3)), 2), ['two', 'k'.repeat(256)])
  t.same(keysOf(keyOfKeyBy(keyed(['a', 'b'], ['one', 'zürich'])), 2), ['one', 'zürich'])
})

t.test('a tuple is a partition key and an explicit hash key', async t => {
  const max = 2n ** 128n - 1n
  const keys = ['plain', ['a', 7n], ['b', String(max)], ['c', null], ['d', max]]
  const columns = keyOfKeyBy(keyed(['1', '2', '3', '4', '5'], keys))
  t.same(keysOf(columns, 5), ['plain', 'a', 'b', 'c', 'd'])
  t.same(hashKeysOf(columns, 5), [null, '7', String(max), null, String(max)])
  t.equal(columns.rejected, null)
})

t.test('keys that are not valid reject their records one by one; null has no key', async t => {
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
    [new Raw(6, 3, 0, 0, 0, 0xed, 0xa0, 0x80), /gave a key that is not valid Unicode;/],
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
