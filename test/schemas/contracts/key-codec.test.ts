import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import t from 'tap'

import { decodeKey, keyGroupOf, KeyWriter, murmur3 } from '../../../schemas/contracts/key-codec.ts'

type Key = { readonly type: string; readonly kind?: number; readonly value?: unknown }
interface Vector {
  readonly key: Key
  readonly bytes: string
  readonly hash: number
  readonly keyGroup: Readonly<Record<string, number>>
}

const file = new URL('../../../../schemas/vectors/keys.json', import.meta.url)
const { keys: vectors } = JSON.parse(readFileSync(file, 'utf8')) as { keys: Vector[] }

function written(key: unknown): Buffer {
  const writer = new KeyWriter()
  writer.write(key)
  return writer.finish()
}

/** The JavaScript value of a vector's key; undefined: it has none that is written as these bytes. */
function valueOf({ type, kind, value }: Key): unknown {
  switch (type) {
    case 'none':
      return null
    case 'int':
      return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value as string)
    case 'float': {
      const number =
        typeof value === 'string' ? { nan: NaN, inf: Infinity, '-inf': -Infinity }[value]! : (value as number)
      return Number.isInteger(number) ? undefined : number
    }
    case 'bytes':
      return Buffer.from(value as string, 'hex')
    case 'tuple':
      return (value as Key[]).map(valueOf)
    case 'row':
      return undefined
    case 'named_row':
      return kind === 0
        ? Object.fromEntries((value as [string, Key][]).map(([name, field]) => [name, valueOf(field)]))
        : undefined
    case 'instant':
      return new Date(value as number)
    default:
      return value
  }
}

t.test('keys are the bytes, the hash and the key groups of all languages', async t => {
  for (const vector of vectors) {
    const bytes = Buffer.from(vector.bytes, 'hex')
    const value = valueOf(vector.key)
    if (value !== undefined) {
      t.equal(written(value).toString('hex'), vector.bytes, JSON.stringify(vector.key))
      t.same(decodeKey(bytes), value)
    }
    t.equal(murmur3(bytes, 0, bytes.length), vector.hash)
    for (const [max, group] of Object.entries(vector.keyGroup))
      t.equal(keyGroupOf(bytes, 0, bytes.length, Number(max)), group)
  }
})

t.test('murmur3 is what others say it is', async t => {
  const of = (text: string): number => murmur3(Buffer.from(text), 0, text.length) >>> 0
  t.equal(of(''), 0)
  t.equal(of('hello'), 0x248bfa47)
  t.equal(of('hello, world'), 0x149bbb7f)
  t.equal(of('The quick brown fox jumps over the lazy dog'), 0x2e4ff723)
})

const key = fc.letrec<{ key: unknown }>(tie => ({
  key: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n }),
    fc.double({ noNaN: true }).map(d => (d === 0 ? 0 : d)),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map(b => Buffer.from(b)),
    fc.array(tie('key'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('key'), { maxKeys: 3 }).map(o => ({ ...o })),
  ),
})).key

t.test('every key comes back, whatever stands before and behind it', async t => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 10 }), keys => {
      const writer = new KeyWriter()
      const ends = keys.map(k => {
        writer.write(k)
        return writer.position
      })
      const bytes = writer.finish()
      keys.forEach((k, i) => {
        t.same(decodeKey(bytes.subarray(ends[i - 1] ?? 0, ends[i])), k)
      })
    }),
    { numRuns: 200 },
  )
})

t.test('what can be no key says so', async t => {
  class Flight {
    number = 1
  }
  t.throws(() => written(new Flight()), { message: /a key cannot be a Flight/ })
  t.throws(() => written(() => 1), { message: /a key cannot be a function/ })
  t.throws(() => decodeKey(Buffer.of(99)), { message: /no key begins with the byte 99/ })
  t.throws(() => decodeKey(Buffer.of(12, 0, 0, 0, 0)), { message: /a Python object/ })
})
