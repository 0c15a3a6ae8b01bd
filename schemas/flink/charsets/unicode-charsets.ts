/**
 * UTF-8, UTF-16 and UTF-32 as Java reads and writes them. UTF-16 and UTF-32 follow the byte order mark of the text, and are
 * big-endian without one. UTF-16 is written with a byte order mark.
 */
import type { Charset } from './charset.ts'

const BYTE_ORDER_MARK = 0xfeff
/** A surrogate that is not half of a pair. */
const LONE_SURROGATE = /\p{Surrogate}/u
const LONE_SURROGATES = /\p{Surrogate}/gu

export function unicodeCharset(name: string): Charset {
  switch (name) {
    case 'UTF-8':
      return { decode: decodeUtf8, encode: encodeUtf8 }
    case 'UTF-16':
      return { decode: decodeUtf16, encode: text => (text === '' ? Buffer.alloc(0) : encodeUtf16BE(`\ufeff${text}`)) }
    case 'UTF-16BE':
      return { decode: decodeUtf16BE, encode: encodeUtf16BE }
    case 'UTF-16LE':
      return { decode: decodeUtf16LE, encode: text => Buffer.from(wellFormed(text, '\ufffd'), 'utf16le') }
    default:
      return utf32(name)
  }
}

/** For a surrogate in UTF-8 Java finds one malformed sequence, and Node finds three. */
function decodeUtf8(bytes: Buffer): string {
  return bytes.toString()
}

function encodeUtf8(text: string): Buffer {
  return Buffer.from(wellFormed(text, '?'))
}

function wellFormed(text: string, replacement: string): string {
  return LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, replacement) : text
}

function decodeUtf16(bytes: Buffer): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16BE(bytes.subarray(2))
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16LE(bytes.subarray(2))
  return decodeUtf16BE(bytes)
}

function decodeUtf16BE(bytes: Buffer): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()
  return utf16Text(even.toString('utf16le'), bytes.length)
}

function decodeUtf16LE(bytes: Buffer): string {
  return utf16Text(bytes.toString('utf16le', 0, bytes.length & ~1), bytes.length)
}

/** A lone high surrogate and the unit or byte after it become one U+FFFD. A lone low surrogate becomes one by itself. */
function utf16Text(text: string, bytes: number): string {
  const odd = (bytes & 1) === 1
  if (!odd && !LONE_SURROGATE.test(text)) return text
  const mended = text.replace(
    /[\ud800-\udbff](?![\udc00-\udfff])[^]?|[\udc00-\udfff]|[\ud800-\udbff][\udc00-\udfff]/g,
    found => (LONE_SURROGATE.test(found) ? '\ufffd' : found),
  )
  const last = text.charCodeAt(text.length - 1)
  return odd && !(last >= 0xd800 && last <= 0xdbff) ? `${mended}\ufffd` : mended
}

function encodeUtf16BE(text: string): Buffer {
  return Buffer.from(wellFormed(text, '\ufffd'), 'utf16le').swap16()
}

function utf32(name: string): Charset {
  const writesLittle = name === 'UTF-32LE'
  return {
    decode: bytes => {
      let little = writesLittle
      let at = 0
      if (bytes.length >= 4) {
        const first = bytes.readUInt32BE(0)
        const isBig = first === BYTE_ORDER_MARK
        const isLittle = first === 0xfffe0000
        if ((isBig && name !== 'UTF-32LE') || (isLittle && name !== 'UTF-32BE')) {
          little = isLittle
          at = 4
        }
      }
      let text = ''
      for (; at + 4 <= bytes.length; at += 4) {
        const code = little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
        text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
      }
      return at < bytes.length ? `${text}\ufffd` : text
    },
    encode: text => {
      const bytes = Buffer.alloc(text.length * 4)
      let at = 0
      for (const char of wellFormed(text, '\ufffd')) {
        const code = char.codePointAt(0)!
        at = writesLittle ? bytes.writeUInt32LE(code, at) : bytes.writeUInt32BE(code, at)
      }
      return bytes.subarray(0, at)
    },
  }
}
