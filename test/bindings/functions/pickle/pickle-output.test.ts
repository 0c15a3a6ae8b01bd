import t from 'tap'

import * as op from '../../../../bindings/functions/pickle/opcodes.ts'
import { PickleOutput } from '../../../../bindings/functions/pickle/pickle-output.ts'

const written = (write: (out: PickleOutput) => void): string => {
  const out = new PickleOutput(0)
  write(out)
  return out.bytes().toString('hex')
}

t.test('an integer has the shortest form that holds it', async t => {
  for (const [n, expected] of [
    [0, '4b00'],
    [255, '4bff'],
    [256, '4d0001'],
    [65_535, '4dffff'],
    [65_536, '4a00000100'],
    [-1, '4affffffff'],
    [-(2 ** 31), '4a00000080'],
    [2 ** 31, '8a080000008000000000'],
  ] as const)
    t.equal(
      written(out => out.integer(n)),
      expected,
      String(n),
    )
})

t.test('a long has whole words, and a length of four bytes when one byte can not hold it', async t => {
  t.equal(
    written(out => out.long(-1n)),
    '8a08ffffffffffffffff',
  )
  t.match(
    written(out => out.long(2n ** 64n)),
    /^8a100{16}010{14}$/,
  )
  t.match(
    written(out => out.long(2n ** 2000n)),
    /^8bfb000000/,
  )
})

t.test('texts and bytes have their length before them', async t => {
  const cases = [
    [(out: PickleOutput) => out.text('ab'), '8c026162'],
    [(out: PickleOutput) => out.text('é'), '5802000000c3a9'],
    [(out: PickleOutput) => out.text('a'.repeat(25)), `5819000000${'61'.repeat(25)}`],
    [(out: PickleOutput) => out.binary(Buffer.of(1, 2)), '43020102'],
    [(out: PickleOutput) => out.binary(Buffer.alloc(256)), `4200010000${'00'.repeat(256)}`],
    [(out: PickleOutput) => out.float(1.5), '473ff8000000000000'],
  ] as const
  for (const [write, expected] of cases) t.equal(written(write), expected)
})

t.test('a name and a class are written once, and then by their place in the memo', async t => {
  const out = new PickleOutput(1)
  out.name('a')
  out.global('m', 'C')
  const first = out.bytes().length
  out.name('a')
  out.global('m', 'C')
  t.same(out.bytes().subarray(first), Buffer.of(op.BINGET, 0, op.BINGET, 1))
  for (let i = 2; i <= 256; i++) out.name(`name ${i}`)
  const before = out.bytes().length
  out.name('name 256')
  t.same(out.bytes().subarray(before), Buffer.of(op.LONG_BINGET, 0, 1, 0, 0))
})
