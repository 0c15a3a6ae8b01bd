import avsc from 'avsc'
import fc from 'fast-check'
import t from 'tap'

import { codec, record } from './codecs.ts'

t.test('names that JavaScript knows otherwise are names', t => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'i', 'k0', 'class']
  const schema = { type: 'record', name: 'R', fields: names.map(name => ({ name, type: ['null', 'int'] })) }
  const { again } = codec(schema)
  const own = Object.fromEntries(names.map((name, i) => [name, i]))
  t.strictSame(Object.entries(again(own) as object), Object.entries(own))
  t.strictSame(Object.values(again({}) as object), [null, null, null, null, null, null, null])
  t.end()
})

t.test('defaults are values of their own, and fill in what is not given', t => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'list', type: { type: 'array', items: 'int' }, default: [1] },
      { name: 'big', type: 'long', default: 5 },
    ],
  }
  const { decode, again } = codec(record('R', {}), schema)
  const [a, b] = [decode(), decode()] as [{ list: number[] }, { list: number[] }]
  t.strictSame(a, { list: [1], big: 5 })
  a.list.push(2)
  t.strictSame(b.list, [1])
  t.strictSame(again({}), { list: [1], big: 5 })
  t.strictSame(codec(schema).again({}), { list: [1], big: 5 })
  t.end()
})

t.test('any value is written as avsc writes it, and read back; any bytes are a value or an error', t => {
  const schema = record('R', {
    i: 'int',
    l: 'long',
    f: 'float',
    d: 'double',
    s: 'string',
    b: 'bytes',
    o: ['null', 'boolean'],
    a: { type: 'array', items: ['null', 'string'] },
    m: { type: 'map', values: 'double' },
  })
  const other = avsc.Type.forSchema(schema as avsc.Schema)
  const { encode, again, decode } = codec(schema)
  const wellFormed = fc.string({ unit: 'grapheme' })
  const members = {
    i: fc.integer(),
    // Beyond it avsc loses a bit.
    l: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
    f: fc.float({ noNaN: true }),
    d: fc.double({ noNaN: true }),
    s: wellFormed,
    b: fc.uint8Array().map(bytes => Buffer.from(bytes)),
    o: fc.option(fc.boolean()),
    a: fc.array(fc.option(wellFormed)),
    m: fc.dictionary(wellFormed, fc.double({ noNaN: true }), { noNullPrototype: true }),
  }
  const values = fc.record(members, { noNullPrototype: true })
  fc.assert(
    fc.property(values, any => {
      t.ok(encode(any).equals(other.toBuffer(any)))
      t.strictSame(again(any), any)
    }),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(values, fc.nat(), fc.integer({ min: 0, max: 255 }), (any, at, byte) => {
      const bytes = encode(any)
      bytes[at % bytes.length] = byte
      try {
        decode(...bytes)
      } catch (error) {
        t.match(error, { code: 'RECORD_MALFORMED' })
      }
    }),
    { numRuns: 1000 },
  )
  const longs = codec('long')
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), n => {
      t.equal(BigInt(longs.again(n) as number | bigint), n)
    }),
  )
  t.end()
})
