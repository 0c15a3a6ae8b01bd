import { isUtf8 } from 'node:buffer'

/** Text that must be valid UTF-8. @throws SyntaxError */
export function utf8Text(record: Buffer): string {
  const text = record.toString()
  if (text.includes('\ufffd') && !isUtf8(record)) throw new SyntaxError('It is not valid UTF-8.')
  return text
}
