/**
 * Records that are aggregates, or nearly: whole, damaged in every part, nested, of other shards. What Amazon's consumer library makes
 * of each stands in vectors/aggregated-records.json, which test/interop/java-libraries.test.ts checks against that library.
 */
import { createHash } from 'node:crypto'

const MAGIC = Buffer.from('f3899ac2', 'hex')
const MIDDLE = 1n << 127n
const LAST = (1n << 128n) - 1n
/** MD5 of `a` begins with 0c, of `f` with 8f: the lower and the upper half of the hash keys. */
export const [LOW, HIGH] = ['a', 'f']

export interface AggregateCase {
  readonly name: string
  readonly starting: bigint
  readonly ending: bigint
  readonly data: Buffer
}

/** Of any size, of 7 bits a byte. */
export function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  bytes.push(Number(left))
  return Buffer.from(bytes)
}

const field = (number: number, data: string | Buffer): Buffer => {
  const bytes = Buffer.from(data)
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes])
}
const number = (of: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(BigInt(of << 3)), varint(BigInt(value))])
const key = (text: string | Buffer): Buffer => field(1, text)
const hashKey = (text: string): Buffer => field(2, text)
const user = (index: number | bigint, data: string | Buffer, hash: number | bigint | null = null): Buffer =>
  field(3, Buffer.concat([number(1, index), ...(hash === null ? [] : [number(2, hash)]), field(3, data)]))

export function seal(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([MAGIC, body, createHash('md5').update(body).digest()])
}

function cases(): AggregateCase[] {
  const all: AggregateCase[] = []
  const add = (name: string, data: Buffer, [starting, ending]: readonly [bigint, bigint] = [0n, LAST]): unknown =>
    all.push({ name, starting, ending, data })
  const lower = [0n, MIDDLE - 1n] as const
  const [a, f] = [key(LOW), key(HIGH)]
  add('one record', seal(a, user(0, 'one')))
  add('several records and keys', seal(a, f, user(0, 'one'), user(1, 'two'), user(0, '')))
  add('no records', seal(a))
  add('an aggregate within an aggregate', seal(a, user(0, seal(a, user(0, 'inner')))))
  add('an aggregate beside a record', seal(a, user(0, seal(a, user(0, 'inner'))), user(0, 'two')))

  add('a wrong sum', Buffer.concat([seal(a, user(0, 'one')).subarray(0, -1), Buffer.of(0)]))
  add('cut off', seal(a, user(0, 'one')).subarray(0, -3))
  add('the magic number alone', MAGIC)
  add('the magic number and a sum of nothing', seal())
  add('a protobuf that is cut off', seal(Buffer.from([0x1a, 0x7f, 1, 2])))
  add('a record without a key', seal(a, field(3, field(3, 'one'))))
  add('a record without data', seal(a, field(3, number(1, 0))))
  add('a record with a tag', seal(a, field(3, Buffer.concat([number(1, 0), field(3, 'one'), field(4, field(1, 'k'))]))))
  add('a tag without a key', seal(a, field(3, Buffer.concat([number(1, 0), field(3, 'one'), field(4, field(2, 'v'))]))))
  add('an unknown field', seal(a, field(9, 'x'), number(10, 5), user(0, 'one')))
  add('an unknown group', seal(a, Buffer.from([0x5b, 0x08, 1, 0x5c]), user(0, 'one')))
  add('a group that does not end', seal(a, Buffer.from([0x5b, 0x08, 1]), user(0, 'one')))
  add('a field with the number 0', seal(a, Buffer.from([0x02, 0]), user(0, 'one')))
  add('a table of keys that is a number', seal(a, number(1, 7), user(0, 'one')))
  add(
    'a key twice in a record',
    seal(a, f, field(3, Buffer.concat([number(1, 0), number(1, 1), field(3, 'x'), field(3, 'y')]))),
  )

  for (const [name, index] of [
    ['7', 7],
    ['2^31', 1n << 31n],
    ['2^32', 1n << 32n],
    ['2^32 + 1', (1n << 32n) + 1n],
    ['2^63', 1n << 63n],
    ['2^64 - 1', (1n << 64n) - 1n],
  ] as const) {
    add(`a partition key with the index ${name}`, seal(a, user(0, 'one'), user(index, 'two'), user(0, 'three')))
    add(
      `an explicit hash key with the index ${name}`,
      seal(a, hashKey('5'), user(0, 'one'), user(0, 'two', index), user(0, 'three')),
    )
  }
  add('a partition key without a table', seal(user(0, 'one')))
  for (const text of [
    '5',
    '0',
    '+5',
    '-5',
    '007',
    '',
    'x',
    ' 5',
    '5 ',
    '5.0',
    '0x5',
    '--5',
    String(LAST),
    String(LAST + 1n),
    '9'.repeat(60),
    `${'0'.repeat(60)}5`,
  ])
    add(`an explicit hash key '${text}'`, seal(a, hashKey(text), user(0, 'one'), user(0, 'two', 0), user(0, 'three')))

  add('of this shard', seal(a, user(0, 'one'), user(0, 'two')), lower)
  add('of another shard', seal(f, user(0, 'one'), user(0, 'two')), lower)
  add('of this shard and another', seal(a, f, user(0, 'one'), user(1, 'two')), lower)
  add('of another shard and this', seal(a, f, user(1, 'one'), user(0, 'two')), lower)
  add('of another shard by hash key', seal(a, hashKey(String(MIDDLE)), user(0, 'one'), user(0, 'two', 0)), lower)
  add('of this shard by hash key', seal(f, hashKey('5'), user(0, 'one', 0)), lower)
  add('of another shard before a broken record', seal(f, user(0, 'one'), user(7, 'two')), lower)
  add('of another shard after a broken record', seal(a, f, user(0, 'one'), user(7, 'two'), user(1, 'three')), lower)
  add('a partition key that is no UTF-8', seal(key(Buffer.from([0xff, 0x61])), user(0, 'one')), lower)
  add('another partition key that is no UTF-8', seal(key(Buffer.from([0xe2, 0x82])), user(0, 'one')), lower)
  add('an empty partition key', seal(key(''), user(0, 'one')))
  add('a plain record', Buffer.from('hello'))
  add('an empty record', Buffer.alloc(0))
  return all
}

export const AGGREGATE_CASES: readonly AggregateCase[] = cases()
