/**
 * Decodes text whose first bytes determine the encoding, as Jackson does for JSON and CSV:
 *
 *   00 00 FE FF, or 00 00 00 xx      UTF-32, big-endian
 *   FF FE 00 00, or xx 00 00 00      UTF-32, little-endian
 *   FE FF, or 00 xx                  UTF-16, big-endian
 *   FF FE, or xx 00                  UTF-16, little-endian
 *   EF BB BF, or anything else       UTF-8
 *
 * The byte order mark is not part of the text. Text of less than four bytes has none. Invalid UTF-16 becomes U+FFFD.
 */
import { utf8Text } from './utf8-text.ts'

const REPLACEMENT = '\ufffd'
const LONE_SURROGATES = /\p{Surrogate}/gu
const ENDS_IN_HIGH_SURROGATE = /[\ud800-\udbff]$/
const MAX_CODE_POINT = 0x10ffff
const CHUNK = 4096

/** @throws SyntaxError when the record is not valid UTF-8 or UTF-32 */
export function unicodeText(record: Buffer): string {
  const first = record[0]!
  // Text that begins with two ASCII bytes is UTF-8.
  return first > 0 && first < 0x80 && record[1] !== 0 ? utf8Text(record) : detected(record)
}

function detected(record: Buffer): string {
  if (record.length >= 4) {
    const quad = record.readUInt32BE()
    if (quad === 0x0000feff) return utf32Text(record, 4, true)
    if (quad === 0xfffe0000) return utf32Text(record, 4, false)
    if (quad >>> 16 === 0xfeff) return utf16Text(record, 2, true)
    if (quad >>> 16 === 0xfffe) return utf16Text(record, 2, false)
    if (quad >>> 8 === 0xefbbbf) return utf8Text(record.subarray(3))
    if (quad >>> 8 === 0) return utf32Text(record, 0, true)
    if ((quad & 0x00ffffff) === 0) return utf32Text(record, 0, false)
  }
  if (record.length >= 2) {
    if (record[0] === 0) return utf16Text(record, 0, true)
    if (record[1] === 0) return utf16Text(record, 0, false)
  }
  return utf8Text(record)
}

function utf16Text(record: Buffer, from: number, isBigEndian: boolean): string {
  const units = Buffer.from(record.subarray(from, record.length - ((record.length - from) & 1)))
  const text = (isBigEndian ? units.swap16() : units).toString('utf16le')
  const isCut = (record.length - from) % 2 === 1 && !ENDS_IN_HIGH_SURROGATE.test(text)
  return text.replace(LONE_SURROGATES, REPLACEMENT) + (isCut ? REPLACEMENT : '')
}

function utf32Text(record: Buffer, from: number, isBigEndian: boolean): string {
  if ((record.length - from) % 4 !== 0) throw new SyntaxError('It is UTF-32 and ends within a character.')
  let text = ''
  let points: number[] = []
  for (let at = from; at < record.length; at += 4) {
    const point = isBigEndian ? record.readUInt32BE(at) : record.readUInt32LE(at)
    if (point > MAX_CODE_POINT) throw new SyntaxError(`It is not valid UTF-32: there is no character ${point}.`)
    if (points.push(point) === CHUNK) {
      text += String.fromCodePoint(...points)
      points = []
    }
  }
  return text + String.fromCodePoint(...points)
}
