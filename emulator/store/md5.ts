// MD5 (RFC 1321) of short byte ranges, in JavaScript. Nearly every partition key fits into one block of 64 bytes, and for
// such a key the overhead of a native call alone costs several times as much. Longer keys are digested by node:crypto. The
// code is imperative because it runs once for each record: it took a fifth of the time of PutRecords before the rounds were
// unrolled by four.
import { createHash } from 'node:crypto'

const LARGEST_BYTES_OF_ONE_BLOCK = 55
const constants = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32))
const block = new Int32Array(16)

/** Writes the digest of `bytes[start, end)` into `out` as four words, the most significant first. */
export function md5Words(bytes: Uint8Array, start: number, end: number, out: Uint32Array): void {
  const length = end - start
  if (length > LARGEST_BYTES_OF_ONE_BLOCK) {
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
  for (let i = 0; i < 16; i += 4) {
    a = (a + ((b & c) | (~b & d)) + constants[i]! + block[i]!) | 0
    a = (((a << 7) | (a >>> 25)) + b) | 0
    d = (d + ((a & b) | (~a & c)) + constants[i + 1]! + block[i + 1]!) | 0
    d = (((d << 12) | (d >>> 20)) + a) | 0
    c = (c + ((d & a) | (~d & b)) + constants[i + 2]! + block[i + 2]!) | 0
    c = (((c << 17) | (c >>> 15)) + d) | 0
    b = (b + ((c & d) | (~c & a)) + constants[i + 3]! + block[i + 3]!) | 0
    b = (((b << 22) | (b >>> 10)) + c) | 0
  }
  for (let i = 16; i < 32; i += 4) {
    a = (a + ((d & b) | (~d & c)) + constants[i]! + block[(5 * i + 1) & 15]!) | 0
    a = (((a << 5) | (a >>> 27)) + b) | 0
    d = (d + ((c & a) | (~c & b)) + constants[i + 1]! + block[(5 * i + 6) & 15]!) | 0
    d = (((d << 9) | (d >>> 23)) + a) | 0
    c = (c + ((b & d) | (~b & a)) + constants[i + 2]! + block[(5 * i + 11) & 15]!) | 0
    c = (((c << 14) | (c >>> 18)) + d) | 0
    b = (b + ((a & c) | (~a & d)) + constants[i + 3]! + block[(5 * i + 16) & 15]!) | 0
    b = (((b << 20) | (b >>> 12)) + c) | 0
  }
  for (let i = 32; i < 48; i += 4) {
    a = (a + (b ^ c ^ d) + constants[i]! + block[(3 * i + 5) & 15]!) | 0
    a = (((a << 4) | (a >>> 28)) + b) | 0
    d = (d + (a ^ b ^ c) + constants[i + 1]! + block[(3 * i + 8) & 15]!) | 0
    d = (((d << 11) | (d >>> 21)) + a) | 0
    c = (c + (d ^ a ^ b) + constants[i + 2]! + block[(3 * i + 11) & 15]!) | 0
    c = (((c << 16) | (c >>> 16)) + d) | 0
    b = (b + (c ^ d ^ a) + constants[i + 3]! + block[(3 * i + 14) & 15]!) | 0
    b = (((b << 23) | (b >>> 9)) + c) | 0
  }
  for (let i = 48; i < 64; i += 4) {
    a = (a + (c ^ (b | ~d)) + constants[i]! + block[(7 * i) & 15]!) | 0
    a = (((a << 6) | (a >>> 26)) + b) | 0
    d = (d + (b ^ (a | ~c)) + constants[i + 1]! + block[(7 * i + 7) & 15]!) | 0
    d = (((d << 10) | (d >>> 22)) + a) | 0
    c = (c + (a ^ (d | ~b)) + constants[i + 2]! + block[(7 * i + 14) & 15]!) | 0
    c = (((c << 15) | (c >>> 17)) + d) | 0
    b = (b + (d ^ (c | ~a)) + constants[i + 3]! + block[(7 * i + 21) & 15]!) | 0
    b = (((b << 21) | (b >>> 11)) + c) | 0
  }
  out[0] = swap(a + 0x67452301)
  out[1] = swap(b + 0xefcdab89)
  out[2] = swap(c + 0x98badcfe)
  out[3] = swap(d + 0x10325476)
}

function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
