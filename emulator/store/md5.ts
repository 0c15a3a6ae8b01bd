// MD5 of short byte ranges, in JavaScript: a partition key nearly always fits one 64-byte block, where the native
// digest costs eight times as much in call overhead alone. Longer keys go to node:crypto.
import { createHash } from 'node:crypto'

const shifts = new Uint8Array(64)
const constants = new Int32Array(64)
const wordOf = new Uint8Array(64)
for (let i = 0; i < 64; i++) {
  const round = i >> 4
  shifts[i] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
  ][round]![i & 3]!
  constants[i] = Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0
  wordOf[i] = [i, 5 * i + 1, 3 * i + 5, 7 * i][round]! & 15
}

const block = new Int32Array(16)

/** Writes the digest of `bytes[start, end)` into `out` as four big-endian words, the most significant first. */
export function md5Words(bytes: Uint8Array, start: number, end: number, out: Uint32Array): void {
  const length = end - start
  if (length > 55) {
    const digest = createHash('md5').update(bytes.subarray(start, end)).digest()
    for (let i = 0; i < 4; i++) out[i] = digest.readUInt32BE(i * 4)
    return
  }
  block.fill(0)
  for (let i = 0; i < length; i++) block[i >> 2]! |= bytes[start + i]! << ((i & 3) << 3)
  block[length >> 2]! |= 0x80 << ((length & 3) << 3)
  block[14] = length << 3
  let a = 0x67452301
  let b = 0xefcdab89 | 0
  let c = 0x98badcfe | 0
  let d = 0x10325476
  for (let i = 0; i < 64; i++) {
    let mixed: number
    if (i < 16) mixed = (b & c) | (~b & d)
    else if (i < 32) mixed = (d & b) | (~d & c)
    else if (i < 48) mixed = b ^ c ^ d
    else mixed = c ^ (b | ~d)
    const sum = (a + mixed + constants[i]! + block[wordOf[i]!]!) | 0
    a = d
    d = c
    c = b
    b = (b + ((sum << shifts[i]!) | (sum >>> (32 - shifts[i]!)))) | 0
  }
  out[0] = swap(a + 0x67452301)
  out[1] = swap(b + 0xefcdab89)
  out[2] = swap(c + 0x98badcfe)
  out[3] = swap(d + 0x10325476)
}

function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
