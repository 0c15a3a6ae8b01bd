import { isUtf8 } from 'node:buffer'

/** @throws SyntaxError when the record is not valid UTF-8 */
export function utf8Text(record: Buffer): string {
  const text = record.toString()
  if (text.includes('\ufffd') && !isUtf8(record)) throw new SyntaxError('It is not valid UTF-8.')
  return text
}
