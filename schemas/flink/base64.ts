/**
 * Base64 as Jackson reads it: spaces and control characters are skipped between groups of four. The URL alphabet and missing padding
 * are errors. The loop replaces a regular expression, which would overflow the stack at a few megabytes.
 */
const LETTER = Uint8Array.from({ length: 128 }, (_, code) => (/[A-Za-z\d+/]/.test(String.fromCharCode(code)) ? 1 : 0))
const SPACE = 0x20
const PADDING = 0x3d
const GROUP = 4

/** @throws RangeError */
export function parseBase64(text: string): Buffer {
  const { length } = text
  let at = 0
  for (;;) {
    while (at < length && text.charCodeAt(at) <= SPACE) at++
    if (at === length) return Buffer.from(text, 'base64')
    const from = at
    while (at < from + GROUP && LETTER[text.charCodeAt(at)] === 1) at++
    if (at === from + GROUP) continue
    // The last group has two or three letters, then padding.
    const letters = at - from
    while (at < from + GROUP && text.charCodeAt(at) === PADDING) at++
    if (letters < 2 || at < from + GROUP) throw new RangeError('it is not base64')
    while (at < length && text.charCodeAt(at) <= SPACE) at++
    if (at < length) throw new RangeError('it is not base64')
  }
}
