/** A charset with one byte a character. */
import iconv from 'iconv-lite'

import { REPLACEMENT, tableBytes, textOf } from './charset-tables.ts'
import type { Charset } from './charset.ts'

/** Bytes for which Java's table has another character than iconv-lite's. */
const SINGLE_BYTE_PATCHES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'windows-1255': [[0xca, REPLACEMENT]],
  'TIS-620': [[0xa0, 0xa0]],
  'x-MacRoman': [
    [0xbd, 0x3a9],
    [0xdb, 0x20ac],
    [0xf0, 0xf8ff],
  ],
}

export function singleByteCharset(name: string, iconvName: string): Charset {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const text = name === 'US-ASCII' ? all.toString('latin1') : iconv.decode(all, iconvName)
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
