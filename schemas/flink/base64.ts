/**
 * Base64 as Jackson reads it: spaces and control characters are skipped between groups of four, and neither the alphabet of URLs
 * nor missing padding is taken.
 */
const BASE64 =
  /^(?:[\u0000-\u0020]*[A-Za-z\d+/]{4})*(?:[\u0000-\u0020]*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=))?[\u0000-\u0020]*$/

/** @throws RangeError */
export function parseBase64(text: string): Buffer {
  if (!BASE64.test(text)) throw new RangeError('It is not base64')
  return Buffer.from(text, 'base64')
}
