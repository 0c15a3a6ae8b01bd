/**
 * Charsets by their Java names: bytes to text and back, as `new String(bytes, charset)` and `getBytes(charset)` do it. Malformed
 * bytes are read as U+FFFD. A character that the charset does not have is written as `?`. Neither is an error. The tables of
 * characters come from iconv-lite; the rules for malformed bytes are Java's and are applied here, because libraries differ in them.
 */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import { DOUBLE_BYTE_CHARSETS, SINGLE_BYTE_CHARSETS, UNICODE_CHARSETS } from './charsets/charset-names.ts'
import type { CharsetNames } from './charsets/charset-names.ts'
import type { Charset, StringDecoder, StringEncoder } from './charsets/charset.ts'
import { doubleByteCharset } from './charsets/double-byte-charset.ts'
import { singleByteCharset } from './charsets/single-byte-charset.ts'
import { unicodeCharset } from './charsets/unicode-charsets.ts'

/** @throws ConfigurationError when the charset is not supported */
export function stringDecoder(charset: string): StringDecoder {
  return charsetOf(charset).decode
}

/** @throws ConfigurationError when the charset is not supported */
export function stringEncoder(charset: string): StringEncoder {
  return charsetOf(charset).encode
}

/** Makers of charsets by name and alias, in lower case. */
const makers = new Map<string, () => Charset>()
/** Tables are made once, when the first schema needs them. */
const made = new Map<() => Charset, Charset>()

function charsetOf(charset: string): Charset {
  const make = makers.get(charset.toLowerCase())
  if (make === undefined)
    throw new ConfigurationError(
      `SimpleStringSchema: the charset '${charset}' is not supported. Supported charsets include UTF-8, UTF-16, ISO-8859-1, windows-1252 and Shift_JIS.`,
    )
  let found = made.get(make)
  if (found === undefined) {
    found = make()
    made.set(make, found)
  }
  return found
}

function register(charsets: readonly CharsetNames[], maker: (name: string, iconvName: string) => Charset): void {
  for (const [name, aliases, iconvName] of charsets) {
    const make = (): Charset => maker(name, iconvName ?? name)
    for (const alias of [name, ...aliases.split(' ')]) if (alias !== '') makers.set(alias.toLowerCase(), make)
  }
}

register(UNICODE_CHARSETS, unicodeCharset)
register(SINGLE_BYTE_CHARSETS, singleByteCharset)
register(DOUBLE_BYTE_CHARSETS, doubleByteCharset)
