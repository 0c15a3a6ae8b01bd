import assert from 'node:assert'

import fc from 'fast-check'
import t from 'tap'

import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { vectorsOf } from '../flink/vectors.ts'

interface Vector {
  readonly text: string
  readonly error?: boolean
  readonly unscaled: string
  readonly scale: number
  readonly string: string
  readonly plain?: string
  readonly stripped: string
  readonly [scale: `scale ${number}`]: string | null
}

t.test("every text is the number that Java's BigDecimal makes of it, and is printed as there", async t => {
  for (const vector of vectorsOf('decimal.json') as readonly Vector[]) {
    const { text } = vector
    if (vector.error) {
      t.throws(() => Decimal.parse(text), RangeError, text)
      continue
    }
    const decimal = Decimal.parse(text)
    t.same([decimal.unscaled.toString(), decimal.scale], [vector.unscaled, vector.scale], text)
    t.equal(decimal.toString(), vector.string, text)
    t.equal(JSON.stringify(decimal), `"${vector.string}"`)
    if (vector.plain !== undefined) t.equal(decimal.toPlainString(), vector.plain, text)
    const stripped = decimal.stripTrailingZeros()
    t.equal(`${stripped.unscaled}/${stripped.scale}`, vector.stripped, text)
    for (const scale of [-2, 0, 2, 10]) {
      const expected = vector[`scale ${scale}`]
      if (expected !== undefined)
        t.equal(decimal.withScale(scale)?.unscaled.toString() ?? null, expected, `${text} ${scale}`)
    }
  }
})

t.test('a number is read again as it was printed, zeros at its end and all', async () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.integer({ min: -50, max: 50 }), (unscaled, scale) => {
      const decimal = new Decimal(unscaled, scale)
      assert.deepStrictEqual(Decimal.parse(decimal.toString()), decimal)
      const plain = Decimal.parse(decimal.toPlainString())
      assert.equal(plain.unscaled * 10n ** 100n, unscaled * 10n ** BigInt(100 - scale + plain.scale))
      assert.equal(decimal.toNumber(), Number(decimal.toPlainString()))
    }),
  )
})

t.test('a text where the digits belong says what takes text', async t => {
  const make = Decimal as unknown as new (...given: readonly unknown[]) => Decimal
  for (const given of [['1.20'], [1.2], [120n], [120, 2]])
    t.throws(() => new make(...given), { name: 'TypeError', message: /Decimal\.parse\('1\.20'\)/ }, String(given))
})

t.test('a short text of a huge number is refused at once by those who have no use for it', async t => {
  for (const text of ['1e2147483000', '-7e400000000']) {
    t.equal(Decimal.parse(text).withScale(9, 30), null)
    t.equal(Decimal.parse(text).wholePart(20), null)
  }
  for (const text of ['1e-2147483000', '-123e-400000000']) {
    t.equal(Decimal.parse(text).withScale(9), null)
    t.equal(Decimal.parse(text).wholePart(20), 0n)
  }
  t.same(Decimal.parse('0e2147483000').withScale(2, 5), new Decimal(0n, 2))
  t.same(Decimal.parse('123e2').withScale(1, 5), new Decimal(123_000n, 1))
  for (const [text, whole] of [
    ['12.99', 12n],
    ['-12.99', -12n],
    ['9.99e1', 99n],
    ['16e-1', 1n],
    ['12e3', 12_000n],
  ] as const)
    t.equal(Decimal.parse(text).wholePart(20), whole, text)
})

t.test('zeros in the middle of a long number are counted once', async t => {
  const long = Decimal.parse(`1.${'0'.repeat(300_000)}1`)
  const from = performance.now()
  t.equal(long.stripTrailingZeros(), long)
  t.ok(performance.now() - from < 5000, 'not by the square of their number, which takes a minute')
})
