/**
 * Parses JSON without loss: members keep their order, numbers keep their digits. A registry identifies schemas by their text, and
 * payloads may have numbers that a double cannot represent. `jsonText` prints without spaces, as Jackson does.
 */
export class JsonNumber {
  /** The number as it was written. */
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type JsonObject = ReadonlyMap<string, JsonNode>
export type JsonNode = string | boolean | null | JsonNumber | readonly JsonNode[] | JsonObject

/** Deeper than any schema, and safe for the stack. */
const MAX_DEPTH = 500
const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\]|\\.)*"/sy
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

export const isJsonObject = (node: JsonNode | undefined): node is JsonObject => node instanceof Map
export const isJsonArray = (node: JsonNode | undefined): node is readonly JsonNode[] => Array.isArray(node)

/** @throws SyntaxError with the position */
export function parseJsonText(text: string): JsonNode {
  let at = 0
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} at character ${at}`)
  }
  const take = (token: RegExp): string | null => {
    token.lastIndex = at
    const found = token.exec(text)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }
  const peek = (): string | undefined => {
    take(SPACE)
    return text[at]
  }
  const expect = (character: string): void => {
    if (peek() !== character) fail(`'${character}' is missing`)
    at++
  }
  const string = (): string => {
    take(SPACE)
    const start = at
    const token = take(STRING) ?? fail('a string is missing or unterminated')
    try {
      return JSON.parse(token) as string
    } catch {
      at = start
      return fail('a string is invalid')
    }
  }
  /** Consumes a comma and returns true, or the closing character and returns false. */
  const another = (close: string): boolean => {
    const next = peek()
    if (next !== ',' && next !== close) fail(`',' or '${close}' is missing`)
    at++
    return next === ','
  }
  const empty = (close: string): boolean => {
    at++
    if (peek() !== close) return false
    at++
    return true
  }
  const value = (depth: number): JsonNode => {
    if (depth > MAX_DEPTH) fail(`there are more than ${MAX_DEPTH} nested levels`)
    const first = peek()
    if (first === '"') return string()
    if (first === '{') {
      const members = new Map<string, JsonNode>()
      if (empty('}')) return members
      do {
        const key = string()
        expect(':')
        members.set(key, value(depth + 1))
      } while (another('}'))
      return members
    }
    if (first === '[') {
      const items: JsonNode[] = []
      if (empty(']')) return items
      do items.push(value(depth + 1))
      while (another(']'))
      return items
    }
    const number = take(NUMBER)
    if (number !== null) return new JsonNumber(number)
    return WORDS[take(WORD) ?? fail(first === undefined ? 'the text ends' : 'a value is invalid')]!
  }
  const root = value(0)
  if (peek() !== undefined) fail('there is text after the value')
  return root
}

/** With `java`, numbers are printed as Jackson's nodes print them, fractions as doubles. With `kept`, they keep their digits. */
export function jsonText(node: JsonNode, numbers: 'java' | 'kept'): string {
  if (typeof node === 'string') return quoted(node)
  if (node === null || typeof node === 'boolean') return String(node)
  if (node instanceof JsonNumber) return numbers === 'kept' ? node.text : javaNumber(node.text)
  if (isJsonArray(node)) return `[${node.map(item => jsonText(item, numbers)).join()}]`
  return `{${[...node].map(([key, value]) => `${quoted(key)}:${jsonText(value, numbers)}`).join()}}`
}

/** Quotes a string as Jackson does: with only the required escapes, and upper-case digits. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\u[0-9a-f]{4}/g, escape => `\\u${escape.slice(2).toUpperCase()}`)
}

function javaNumber(text: string): string {
  return /[.eE]/.test(text) ? javaDouble(Number(text)) : BigInt(text).toString()
}

const MIN_PLAIN = 1e-3
const MAX_PLAIN = 1e7

/** `Double.toString`. Numbers that JSON does not have are strings, as Jackson writes them. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return quoted(String(value))
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (magnitude === 0) return `${sign}0.0`
  if (magnitude >= MIN_PLAIN && magnitude < MAX_PLAIN) {
    const plain = String(magnitude)
    return sign + (plain.includes('.') ? plain : `${plain}.0`)
  }
  const [mantissa, exponent] = magnitude.toExponential().split('e') as [string, string]
  return `${sign}${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}
