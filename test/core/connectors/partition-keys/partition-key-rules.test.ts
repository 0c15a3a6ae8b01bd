import t from 'tap'

import {
  describeInvalid,
  explicitHashKeyDigits,
  isPartitionKey,
} from '../../../../core/connectors/partition-keys/partition-key-rules.ts'

t.test('a partition key has 1 to 256 characters of valid Unicode', async t => {
  for (const key of ['k', '\ud835\udd42'.repeat(256)]) t.equal(isPartitionKey(key), true)
  for (const key of ['', 'k'.repeat(257), 'half \ud83d', 17, null]) t.equal(isPartitionKey(key), false)
})

t.test('an explicit hash key is a whole number of 128 bits, in decimal digits', async t => {
  t.same([0n, 42, '00042', 2n ** 128n - 1n].map(explicitHashKeyDigits), ['0', '42', '42', String(2n ** 128n - 1n)])
  for (const value of [-1, 1.5, 2n ** 128n, '0x10', '', true]) t.equal(explicitHashKeyDigits(value), null)
})

t.test('a value that is not valid is described with its kind, and shortened', async t => {
  t.same(
    [undefined, '', 17, ['a', 'b'], Buffer.from('k'), {}].map(value => describeInvalid(value, 'key')),
    ['no key', 'an empty key', 'the key 17, a number', 'a tuple of 2', 'bytes', 'a value of type object'],
  )
  t.equal(describeInvalid('x'.repeat(100), 'explicit hash key'), `the explicit hash key '${'x'.repeat(64)}'`)
})
