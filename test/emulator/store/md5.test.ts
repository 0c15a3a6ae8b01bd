import { createHash } from 'node:crypto'

import fc from 'fast-check'
import t from 'tap'

import { md5Words } from '../../../emulator/store/md5.ts'

function digest(bytes: Uint8Array, start: number, end: number): string {
  const words = new Uint32Array(4)
  md5Words(bytes, start, end, words)
  return [...words].map(word => word.toString(16).padStart(8, '0')).join('')
}

t.test('digests the test vectors of RFC 1321', async t => {
  for (const [text, expected] of [
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      '57edf4a22be3c955ac49da2e2107b67a',
    ],
  ] as const) {
    t.equal(digest(Buffer.from(text), 0, text.length), expected)
  }
})

t.test('agrees with node:crypto for any range of any bytes', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, skip) => {
      const start = Math.min(skip, bytes.length)
      const expected = createHash('md5').update(bytes.subarray(start)).digest('hex')
      return digest(bytes, start, bytes.length) === expected
    }),
  )
})
