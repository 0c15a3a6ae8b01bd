import { decode, encode } from 'cborg'
import fc from 'fast-check'
import t from 'tap'

import { cborHead, CborReader, cborText, encodeCborMap } from '../../../../core/aws/service/cbor.ts'

const read = (bytes: Uint8Array): unknown => new CborReader(Buffer.from(bytes)).value()
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.boolean(),
    fc.constant(null),
    fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true }).map(d => (Object.is(d, -0) || Number.isInteger(d) ? 0.5 : d)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter(k => k !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value

t.test('it reads what another encoder writes', async t => {
  fc.assert(
    fc.property(json, value => {
      const bytes = encode(value)
      if (JSON.stringify(read(bytes)) !== JSON.stringify(decode(bytes))) throw new Error(JSON.stringify(value))
    }),
    { numRuns: 500 },
  )
  t.ok((read(encode(Uint8Array.of(1, 2))) as Buffer).equals(Buffer.of(1, 2)))
})

t.test('indefinite lengths, tags and floats of any size (examples of RFC 8949)', async t => {
  for (const [text, value] of [
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['c11a514b67b0', 1363896240],
    ['c1fb41d452d9ec200000', 1363896240.5],
    ['f93c00', 1],
    ['f90001', 5.960464477539063e-8],
    ['f97bff', 65504],
    ['f9c400', -4],
    ['f97c00', Infinity],
    ['fa47c35000', 100000],
    ['fbc010666666666666', -4.1],
    ['1b000000e8d4a51000', 1000000000000],
    ['3903e7', -1000],
    ['f6', null],
    ['f7', null],
  ] as const)
    t.same(read(hex(text)), value, text)
  t.ok((read(hex('5f42010243030405ff')) as Buffer).equals(Buffer.of(1, 2, 3, 4, 5)))
})

t.test('skipping passes over exactly one value', async t => {
  fc.assert(
    fc.property(json, value => {
      const reader = new CborReader(Buffer.concat([encode(value), encode('next')]))
      reader.skip()
      return reader.value() === 'next'
    }),
    { numRuns: 300 },
  )
  for (const text of ['5f42010243030405ff', '9f018202039f0405ffff', 'bf61610161629f0203ffff', 'c1fb41d452d9ec200000']) {
    const reader = new CborReader(Buffer.concat([hex(text), encode('next')]))
    reader.skip()
    t.equal(reader.value(), 'next')
  }
})

t.test('bytes that end too early are an error, wherever they are cut', async t => {
  const bytes = encode({
    text: 'zürich',
    bytes: Uint8Array.of(1, 2, 3),
    list: [1, 300, 70000, 2 ** 40, -5, 1.5],
    deep: { x: null },
  })
  for (let end = 0; end < bytes.length; end++) t.throws(() => read(bytes.subarray(0, end)), RangeError, `cut at ${end}`)
  for (let end = 0; end < bytes.length; end++)
    t.throws(() => new CborReader(Buffer.from(bytes.subarray(0, end))).skip(), RangeError, `skipping, cut at ${end}`)
})

t.test('a string of indefinite length has pieces of its own kind', async t => {
  for (const bytes of [
    [0x5f, 0x00, 0xff],
    [0x5f, 0x61, 0x61, 0xff],
    [0x7f, 0x41, 0x61, 0xff],
    [0x7f, 0xf6, 0xff],
  ])
    t.throws(() => new CborReader(Buffer.from(bytes)).value(), RangeError)
  t.equal(new CborReader(Buffer.of(0x7f, 0x61, 0x61, 0x61, 0x62, 0xff)).value(), 'ab')
})

t.test('no bytes make it hang or die', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      try {
        read(bytes)
      } catch (error) {
        return error instanceof RangeError
      }
      return true
    }),
    { numRuns: 2000 },
  )
  t.pass('held')
})

t.test('times are seconds or milliseconds, told apart by magnitude', async t => {
  const time = (value: number): number => new CborReader(Buffer.from(encode(value))).timestampMs()
  t.equal(time(1769860800123), 1769860800123)
  t.equal(time(1769860800.5), 1769860800500)
  t.equal(time(1769860800), 1769860800000)
  const tagged = new CborReader(Buffer.from('c11b0000019c15e1087bff', 'hex'))
  t.same([tagged.timestampMs(), tagged.at], [0x19c15e1087b, 10])
})

t.test('a small map is written as another decoder reads it, without what is not set', async t => {
  const map = encodeCborMap({
    StreamARN: 'arn:…zürich',
    Limit: 10_000,
    ShardIterator: 'x'.repeat(300),
    Left: null,
    Out: undefined,
  })
  t.same(decode(map), { StreamARN: 'arn:…zürich', Limit: 10_000, ShardIterator: 'x'.repeat(300) })
})

t.test('heads and texts of every length', async t => {
  for (const n of [0, 23, 24, 255, 256, 65535, 65536, 4294967295]) t.equal(decode(cborHead(0, n)), n)
  for (const n of [0, 23, 24, 255, 256, 65535, 65536]) t.equal(decode(cborText('x'.repeat(n))), 'x'.repeat(n))
  t.throws(() => cborHead(0, 4294967296), RangeError)
})
