/**
 * JSON whose text matters: members in their order, numbers with their digits. For schemas, which a registry knows by their text,
 * and for payloads, whose numbers may have more digits than a double holds. `jsonText` prints without spaces, as Jackson does.
 */
export class JsonNumber {
  /** As it was written. */
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type JsonObject = ReadonlyMap<string, JsonNode>
export type JsonNode = string | boolean | null | JsonNumber | readonly JsonNode[] | JsonObject

/** Deeper than any schema, and no danger to the stack. */
const MAX_DEPTH = 500
const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\]|\\.)*"/sy
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

export const isJsonObject = (node: JsonNode | undefined): node is JsonObject => node instanceof Map
export const isJsonArray = (node: JsonNode | undefined): node is readonly JsonNode[] => Array.isArray(node)

/** @throws SyntaxError that names the position */
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
    const token = take(STRING) ?? fail('A text is missing, or does not end,')
    try {
      return JSON.parse(token) as string
    } catch {
      at = start
      return fail('There is a broken text')
    }
  }
  /** `,` and on, or the closing character. */
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
    if (depth > MAX_DEPTH) fail(`It is nested deeper than ${MAX_DEPTH} levels`)
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
    return WORDS[take(WORD) ?? fail(first === undefined ? 'It ends' : 'This is no JSON')]!
  }
  const root = value(0)
  if (peek() !== undefined) fail('There is more behind the end of the value')
  return root
}

/** `java`: numbers as Jackson's nodes print them, fractions by way of a double; `kept`: with the digits that they have. */
export function jsonText(node: JsonNode, numbers: 'java' | 'kept'): string {
  if (typeof node === 'string') return quoted(node)
  if (node === null || typeof node === 'boolean') return String(node)
  if (node instanceof JsonNumber) return numbers === 'kept' ? node.text : javaNumber(node.text)
  if (isJsonArray(node)) return `[${node.map(item => jsonText(item, numbers)).join()}]`
  return `{${[...node].map(([key, value]) => `${quoted(key)}:${jsonText(value, numbers)}`).join()}}`
}

/** Jackson escapes what JSON must, its digits in upper case, and no more. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\u[0-9a-f]{4}/g, escape => `\\u${escape.slice(2).toUpperCase()}`)
}

function javaNumber(text: string): string {
  return /[.eE]/.test(text) ? javaDouble(Number(text)) : BigInt(text).toString()
}

const MIN_PLAIN = 1e-3
const MAX_PLAIN = 1e7

/** As `Double.toString` writes it, and Jackson what is no number of JSON's. */
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
