/** Writes JSON as Jackson does: as bytes, and as the text of a value that was read. */
import { Decimal } from '../contracts/decimal.ts'
import { doubleText } from './java-number.ts'
import { JsonNumber } from './json-tree.ts'
import type { JsonTree } from './json-tree.ts'

const NEEDS_ESCAPE = /[\u0000-\u001f"\\\ud800-\udfff]/
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
}

/** Quotes a string as Jackson does in bytes, where surrogates are escaped, in pairs (😀) or alone. */
export function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? escaped(text, true) : `"${text}"`
}

function escaped(text: string, surrogates: boolean): string {
  let out = '"'
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const isPlain = code >= 0x20 && code !== 0x22 && code !== 0x5c && (!surrogates || code < 0xd800 || code > 0xdfff)
    if (isPlain) continue
    const char = text[i]!
    out += text.slice(from, i)
    out += SHORT_ESCAPES[char] ?? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    from = i + 1
  }
  return `${out}${text.slice(from)}"`
}

/** `JsonNode.toString`. With `decimals`, fractions keep all digits; otherwise they are doubles. */
export function jsonTreeText(tree: JsonTree, decimals: boolean): string {
  if (tree === null) return 'null'
  if (typeof tree === 'string') return escaped(tree, false)
  if (typeof tree === 'boolean') return String(tree)
  if (tree instanceof JsonNumber) {
    const text = numberText(tree, decimals)
    return /^-?[IN]/.test(text) ? `"${text}"` : text
  }
  if (tree instanceof Map) {
    const members: string[] = []
    for (const [name, value] of tree as ReadonlyMap<string, JsonTree>)
      members.push(`${escaped(name, false)}:${jsonTreeText(value, decimals)}`)
    return `{${members.join(',')}}`
  }
  return `[${(tree as readonly JsonTree[]).map(item => jsonTreeText(item, decimals)).join(',')}]`
}

/** A number as Jackson prints it after it was read. */
export function numberText(number: JsonNumber, decimals: boolean): string {
  if (number.isInteger()) return number.text === '-0' ? '0' : number.text
  return decimals ? numberDecimal(number).toString() : doubleText(Number(number.text))
}

/** Removes trailing zeros of a fraction, but not those of a whole number. */
export function numberDecimal(number: JsonNumber): Decimal {
  const decimal = Decimal.parse(number.text)
  return number.isInteger() ? decimal : decimal.stripTrailingZeros()
}
