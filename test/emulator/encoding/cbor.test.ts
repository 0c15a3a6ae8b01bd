import fc from 'fast-check'
import t from 'tap'

import { decodeCborObject } from '../../../emulator/encoding/cbor-reader.ts'
import { encodeCbor } from '../../../emulator/encoding/cbor-writer.ts'
import type { WireObject } from '../../../emulator/encoding/wire-value.ts'
import { decodeCborg, encodeCborg } from '../harness.ts'

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => (Object.is(n, -0) ? 0 : n)),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array().map(bytes => Buffer.from(bytes)),
)
const name = fc.string().filter(text => text !== '__proto__')
const { object } = fc.letrec(tie => ({
  object: fc.dictionary(name, tie('value'), { noNullPrototype: true, maxKeys: 6 }),
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
})) as { object: fc.Arbitrary<WireObject> }

t.test('what we write, we read', async t => {
  fc.assert(
    fc.property(object, value => t.strictSame(decodeCborObject(encodeCbor(value)), value)),
    { numRuns: 200 },
  )
})

t.test('what we write, cborg reads', async () => {
  const canonical = (value: unknown): string => encodeCborg(value).toString('hex')
  const reads = (value: WireObject): boolean => canonical(decodeCborg(encodeCbor(value))) === canonical(value)
  fc.assert(fc.property(object, reads), { numRuns: 200 })
})

t.test('what cborg writes, we read', async t => {
  fc.assert(
    fc.property(object, value => t.strictSame(decodeCborObject(encodeCborg(value)), value)),
    { numRuns: 200 },
  )
})

t.test('a timestamp is tag 1 and an integer of epoch milliseconds', async t => {
  const ms = Date.UTC(2025, 0, 1) + 7
  t.equal(encodeCbor({ T: new Date(ms) }).toString('hex'), 'a16154c11b000001941f297c07')
  t.same(decodeCborObject(encodeCborg({ T: new Date(ms) })), { T: new Date(ms) })
})

t.test('reads indefinite lengths, chunked strings, half and single floats, and foreign tags', async t => {
  const cases: [string, WireObject][] = [
    ['bf6161 9f0102ff ff', { a: [1, 2] }],
    ['a16161 7f6268696121ff', { a: 'hi!' }],
    ['a16161 5f41014102ff', { a: Buffer.of(1, 2) }],
    ['a16161 f93c00', { a: 1 }],
    ['a16161 f9c400', { a: -4 }],
    ['a16161 f90001', { a: 2 ** -24 }],
    ['a16161 f97c00', { a: Infinity }],
    ['a16161 fa47c35000', { a: 100_000 }],
    ['a16161 d8206161', { a: 'a' }],
    ['a16161 f7', { a: null }],
    ['a16161 3903e7', { a: -1000 }],
  ]
  for (const [hex, value] of cases) t.strictSame(decodeCborObject(Buffer.from(hex.replaceAll(' ', ''), 'hex')), value)
})

t.test('refuses bodies that are cut short, too deep, trailed by bytes, or not a map', async t => {
  const good = encodeCbor({ Name: 'text', List: [1, 2.5, null], Bytes: Buffer.from('abc') })
  for (let end = 0; end < good.length; end++) {
    t.throws(() => decodeCborObject(good.subarray(0, end)), { code: 'SerializationException' })
  }
  const bad = [
    '80',
    'a0a0',
    'ff',
    'a1ff',
    'a10101',
    'a16161fc',
    'a161617f4161ff',
    'a161611bffffffffffffffff',
    'a16161c16161',
    'a161613f',
  ]
  for (const hex of bad)
    t.throws(() => decodeCborObject(Buffer.from(hex, 'hex')), { code: 'SerializationException' }, hex)
  const deep = Buffer.concat([Buffer.from('a16161', 'hex'), Buffer.alloc(100, 0x81), Buffer.of(0)])
  t.throws(() => decodeCborObject(deep), { message: /too deeply/ })
})
