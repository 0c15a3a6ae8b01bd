/** Text through a table of characters: what charsets of one and of two bytes share. */
/** The entry of a table for bytes that are no character. */
export const REPLACEMENT = 0xfffd
const QUESTION_MARK = 0x3f
/** The most arguments that one call gets. */
const CHUNK = 4096

/** The text of the first `length` units. */
export function textOf(units: Uint16Array, length: number): string {
  let text = ''
  for (let i = 0; i < length; i += CHUNK) text += String.fromCharCode(...units.subarray(i, Math.min(length, i + CHUNK)))
  return text
}

/** `bytes` holds for each UTF-16 unit its byte, its two bytes as a number above 255, or -1 when the charset does not have it. */
export function tableBytes(text: string, bytes: Int16Array | Int32Array): Buffer {
  const out = Buffer.allocUnsafe(text.length * 2)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const code = bytes[unit]!
    if (code < 0) {
      // A surrogate pair is one character, and becomes one question mark.
      if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
      out[at++] = QUESTION_MARK
    } else {
      if (code > 0xff) out[at++] = code >> 8
      out[at++] = code
    }
  }
  return out.subarray(0, at)
}
