/**
 * Text of any charset that Java knows and iconv-lite has right: bytes to text and back, as `new String(bytes, charset)` and
 * `getBytes(charset)`. What is malformed is read as U+FFFD, and what the charset has no bytes for is written as `?`; neither is
 * ever an error. UTF-16 and UTF-32 go by the byte order mark and are big-endian without; UTF-16 is written with one.
 *
 * Of iconv-lite come the tables. What is malformed and how far it goes is decided here, for there each library has its own ideas.
 */
import iconv from 'iconv-lite'

import { ConfigurationError } from '../../core/foundation/errors.ts'
import { DOUBLE_BYTE_CHARSETS, SINGLE_BYTE_CHARSETS, UNICODE_CHARSETS } from './charset-names.ts'

export type StringDecoder = (bytes: Buffer) => string
export type StringEncoder = (text: string) => Buffer

interface Charset {
  readonly decode: StringDecoder
  readonly encode: StringEncoder
}

const REPLACEMENT = 0xfffd
const QUESTION_MARK = 0x3f
const BYTE_ORDER_MARK = 0xfeff
const CHUNK = 4096
/** A surrogate that is not half of a pair. */
const LONE_SURROGATE = /\p{Surrogate}/u
const LONE_SURROGATES = /\p{Surrogate}/gu

/** @throws ConfigurationError */
export function stringDecoder(charset: string): StringDecoder {
  return charsetOf(charset).decode
}

/** @throws ConfigurationError */
export function stringEncoder(charset: string): StringEncoder {
  return charsetOf(charset).encode
}

const made = new Map<string, Charset>()

function charsetOf(charset: string): Charset {
  const name = NAMES.get(charset.toLowerCase())
  if (name === undefined)
    throw new ConfigurationError(
      `SimpleStringSchema: the charset '${charset}' is not known here. Among the known are UTF-8, UTF-16, ISO-8859-1, windows-1252 and Shift_JIS.`,
    )
  let found = made.get(name)
  if (found === undefined) {
    found = makeCharset(name)
    made.set(name, found)
  }
  return found
}

const ICONV_NAMES = new Map<string, string>()
const NAMES = new Map<string, string>()
for (const [name, aliases, iconvName] of [...UNICODE_CHARSETS, ...SINGLE_BYTE_CHARSETS, ...DOUBLE_BYTE_CHARSETS]) {
  for (const alias of [name, ...aliases.split(' ')]) if (alias !== '') NAMES.set(alias.toLowerCase(), name)
  ICONV_NAMES.set(name, iconvName ?? name)
}

function makeCharset(name: string): Charset {
  switch (name) {
    case 'UTF-8':
      return { decode: decodeUtf8, encode: encodeUtf8 }
    case 'UTF-16':
      return { decode: decodeUtf16, encode: text => (text === '' ? Buffer.alloc(0) : encodeUtf16BE(`\ufeff${text}`)) }
    case 'UTF-16BE':
      return { decode: bytes => decodeUtf16BE(bytes), encode: encodeUtf16BE }
    case 'UTF-16LE':
      return { decode: decodeUtf16LE, encode: text => Buffer.from(wellFormed(text, '\ufffd'), 'utf16le') }
    case 'UTF-32':
    case 'UTF-32BE':
    case 'UTF-32LE':
      return utf32(name)
    default:
      return SINGLE_BYTE_CHARSETS.some(([known]) => known === name) ? singleByte(name) : doubleByte(name)
  }
}

/** Java knows of a surrogate in UTF-8 as of one mistake, the platform as of three. */
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

/** A high surrogate takes with it what follows, be it half a unit; a low one is a mistake by itself. */
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

function utf32(name: 'UTF-32' | 'UTF-32BE' | 'UTF-32LE'): Charset {
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

/** Where Java's table has another character than iconv-lite's: byte and character. */
const SINGLE_BYTE_PATCHES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'windows-1255': [[0xca, REPLACEMENT]],
  'TIS-620': [[0xa0, 0xa0]],
  'x-MacRoman': [
    [0xbd, 0x3a9],
    [0xdb, 0x20ac],
    [0xf0, 0xf8ff],
  ],
}

function singleByte(name: string): Charset {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const text = name === 'US-ASCII' ? all.toString('latin1') : iconv.decode(all, ICONV_NAMES.get(name)!)
  const units = Uint16Array.from({ length: 256 }, (_, i) =>
    name === 'US-ASCII' && i > 0x7f ? REPLACEMENT : text.charCodeAt(i),
  )
  for (const [byte, unit] of SINGLE_BYTE_PATCHES[name] ?? []) units[byte] = unit
  const bytes = new Int16Array(0x10000).fill(-1)
  units.forEach((unit, byte) => {
    if (unit !== REPLACEMENT && bytes[unit] === -1) bytes[unit] = byte
  })
  return {
    decode: record => {
      const out = new Uint16Array(record.length)
      for (let i = 0; i < record.length; i++) out[i] = units[record[i]!]!
      return textOf(out, out.length)
    },
    encode: value => tableBytes(value, bytes),
  }
}

/**
 * Characters of one byte or two. Of two bytes that are no character, the first is read over alone if it begins none, or if the
 * second is a character or begins one; else both.
 */
function doubleByte(name: string): Charset {
  const units = doubleByteTable(name)
  const singles = new Uint16Array(256).fill(REPLACEMENT)
  const leads = new Uint8Array(256)
  const bytes = new Int32Array(0x10000).fill(-1)
  for (let i = 0; i < 256; i++) singles[i] = units.singles[i]!
  for (let pair = 0; pair < 0x10000; pair++) if (units.pairs[pair] !== REPLACEMENT) leads[pair >> 8] = 1
  const isSecondary = (pair: number): boolean => units.secondary.some(([from, to]) => pair >= from && pair <= to)
  for (const secondary of [true, false])
    for (let pair = 0xffff; pair >= 0; pair--)
      if (units.pairs[pair] !== REPLACEMENT && isSecondary(pair) === secondary) bytes[units.pairs[pair]!] = pair
  for (let i = 255; i >= 0; i--) if (singles[i] !== REPLACEMENT) bytes[singles[i]!] = i
  for (const [from, to, pair] of units.writes)
    for (let unit = from; unit <= to; unit++) bytes[unit] = pair + unit - from
  return {
    decode: record => {
      const out = new Uint16Array(record.length)
      let length = 0
      for (let i = 0; i < record.length; i++) {
        const first = record[i]!
        let unit = singles[first]!
        if (unit === REPLACEMENT && leads[first] === 1 && i + 1 < record.length) {
          const second = record[i + 1]!
          unit = units.pairs[(first << 8) | second]!
          if (unit !== REPLACEMENT || (leads[second] === 0 && singles[second] === REPLACEMENT)) i++
        }
        out[length++] = unit
      }
      return textOf(out, length)
    },
    encode: value => tableBytes(value, bytes),
  }
}

function textOf(units: Uint16Array, length: number): string {
  let text = ''
  for (let i = 0; i < length; i += CHUNK) text += String.fromCharCode(...units.subarray(i, Math.min(length, i + CHUNK)))
  return text
}

/** `bytes`: of each UTF-16 unit one byte, or two as a number above 255, or -1. */
function tableBytes(text: string, bytes: Int16Array | Int32Array): Buffer {
  const out = Buffer.allocUnsafe(text.length * 2)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const code = bytes[unit]!
    if (code < 0) {
      // Both halves of a pair are one character.
      if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
      out[at++] = QUESTION_MARK
    } else {
      if (code > 0xff) out[at++] = code >> 8
      out[at++] = code
    }
  }
  return out.subarray(0, at)
}

type Range = readonly [from: number, to: number, first: number]

interface DoubleByteTable {
  readonly singles: Uint16Array
  /** By both bytes. */
  readonly pairs: Uint16Array
  /** Read, but written only where the character has no other place. */
  readonly secondary: readonly Range[]
  readonly writes: readonly Range[]
}

interface DoubleByteRules {
  /** Both bytes are at least this. */
  readonly least?: number
  /** Ranges of bytes, or of pairs of bytes, that Java has no characters at. */
  readonly drop?: string
  /** Ranges of pairs, with the first character of each. */
  readonly add?: string
  readonly secondary?: string
  /** Characters that are written as another's bytes: ranges of them, with the first bytes. */
  readonly writes?: string
}

/** Where Java's table is not that of iconv-lite. */
const DOUBLE_BYTE_RULES: Readonly<Record<string, DoubleByteRules>> = {
  GBK: {
    drop: '80',
    add:
      'a3a0:e5e5 a892:2641 a8bc:e7c7 a8bf:e7c8 a989-a995:e7e7 fe50:e815 fe54-fe58:e819 fe5a-fe60:e81f fe62-fe65:e827 ' +
      'fe68-fe6b:e82d fe6e-fe75:e833 fe77-fe7d:e83c fe80-fe8f:e844 fe92-fe9f:e856',
  },
  GB2312: {
    least: 0xa1,
    drop: '80 a2a1-a2b0 a2e3-a2e4 a2ef-a2f0 a2fd-a2fe a4f4-a4fe a5f7-a5fe a6b9-a6c0 a6d9-a6fe a7c2-a7d0 a7f2-a7fe a8bb-a8c4 a8ea-a8fe a9a1-a9a3 a9f0-a9fe aaa1-affe d7fa-d7fe f8a1-fefe',
    add: 'a1a4:30fb a1aa:2015',
  },
  'EUC-KR': { least: 0xa1, drop: 'c9a1-c9fe fea1-fefe', add: 'a2e8:327e' },
  Shift_JIS: {
    drop: '80 a0 fd-ff 8740-879c ed40-fcfc',
    add: '815c:2014 8160:301c 8161:2016 817c:2212 8191-8192:a2 81ca:ac',
    writes: 'a5:5c 203e:7e',
  },
  'windows-31j': {
    drop: '80 a0 fd-ff',
    add: 'f940-f97e:e69c f980-f9fc:e6db',
    secondary: 'ed40-eefc',
    writes: 'a2-a3:8191 a5:5c ab:81e1 ac:81ca af:8150 b5:83ca b7:8145 b8:8143 bb:81e2 203e:7e 3094:8394',
  },
  'x-windows-949': { add: 'c9a1-c9fe:e000 fea1-fefe:e05e' },
}

function doubleByteTable(name: string): DoubleByteTable {
  const iconvName = ICONV_NAMES.get(name)!
  const rules = DOUBLE_BYTE_RULES[name]!
  const singles = new Uint16Array(256).fill(REPLACEMENT)
  const pairs = new Uint16Array(0x10000).fill(REPLACEMENT)
  for (let i = 0; i < 256; i++) {
    const text = iconv.decode(Buffer.of(i), iconvName)
    if (text.length === 1) singles[i] = text.charCodeAt(0)
  }
  const dropped = rangesOf(rules.drop)
  for (const [from, to] of dropped) if (to < 0x100) singles.fill(REPLACEMENT, from, to + 1)
  const least = rules.least ?? 0
  for (let pair = 0x8000; pair < 0x10000; pair++) {
    if (singles[pair >> 8] !== REPLACEMENT || pair >> 8 < least || (pair & 0xff) < least) continue
    const text = iconv.decode(Buffer.of(pair >> 8, pair & 0xff), iconvName)
    if (text.length === 1) pairs[pair] = text.charCodeAt(0)
  }
  for (const [from, to] of dropped) if (to >= 0x100) pairs.fill(REPLACEMENT, from, to + 1)
  for (const [from, to, unit] of rangesOf(rules.add))
    for (let pair = from; pair <= to; pair++) pairs[pair] = unit + pair - from
  return { singles, pairs, secondary: rangesOf(rules.secondary), writes: rangesOf(rules.writes) }
}

/** `ab`, `ab-cd`, `abcd-abef:1234`: from, to, first character. */
function rangesOf(text = ''): readonly Range[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map(range => {
      const [pairs = '', unit = '0'] = range.split(':')
      const [from = '', to = from] = pairs.split('-')
      return [Number.parseInt(from, 16), Number.parseInt(to, 16), Number.parseInt(unit, 16)]
    })
}
