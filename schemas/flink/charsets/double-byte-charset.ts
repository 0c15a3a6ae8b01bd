/**
 * A charset whose characters have one byte or two. Two bytes that are no character are malformed: one U+FFFD stands for the first
 * byte alone when it begins no character, or when the second byte is a character or begins one; otherwise for both.
 */
import iconv from 'iconv-lite'

import { REPLACEMENT, tableBytes, textOf } from './charset-tables.ts'
import type { Charset } from './charset.ts'

export function doubleByteCharset(name: string, iconvName: string): Charset {
  const units = doubleByteTable(name, iconvName)
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

type Range = readonly [from: number, to: number, first: number]

interface DoubleByteTable {
  readonly singles: Uint16Array
  /** The character of each pair of bytes, by the first byte times 256 plus the second. */
  readonly pairs: Uint16Array
  /** Pairs that are read, and written only when the character has no other pair. */
  readonly secondary: readonly Range[]
  /** Characters that are written as the bytes of another. */
  readonly writes: readonly Range[]
}

interface DoubleByteRules {
  /** The least value of both bytes. */
  readonly least?: number
  /** Ranges of bytes, or of pairs of bytes, that are no characters in Java's table. */
  readonly drop?: string
  /** Ranges of pairs, each with the character of its first pair. */
  readonly add?: string
  /** Ranges of pairs that are read, and written only when the character has no other pair. */
  readonly secondary?: string
  /** Ranges of characters that are written as the bytes of another, each with the bytes of its first character. */
  readonly writes?: string
}

/** Differences between Java's tables and those of iconv-lite. */
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

function doubleByteTable(name: string, iconvName: string): DoubleByteTable {
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

/** Parses `ab`, `ab-cd` and `abcd-abef:1234`, in hexadecimal: from, to, first value. */
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
