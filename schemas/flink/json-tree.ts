/**
 * Parses JSON and keeps what JSON.parse loses: the digits of numbers and the order of members. Objects become Maps, in which the last of
 * several equal names wins. Like Jackson, the parser ignores what follows the first value.
 *
 * Only records that need it are parsed here, because JSON.parse is several times faster.
 */
const MAX_DEPTH = 1000
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** A string up to its end or its next escape. */
const PLAIN_STRING = /[^"\\\u0000-\u001f]*/y
const PLAIN_SINGLE_QUOTED = /[^'\\\u0000-\u001f]*/y
const UNQUOTED_NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const COMMENT = /\/(?:\*[^]*?\*\/|\/[^\n\r]*)/y
const SLASH = 0x2f
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
/** The characters that may follow a number. */
const AFTER_NUMBER = /[\s,\]}]/

/** The elements of arrays and the members of objects are JsonTrees too. */
export type JsonTree = null | boolean | string | JsonNumber | readonly unknown[] | ReadonlyMap<string, unknown>

export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** True for 1, false for 1.0 and 1e0. */
  isInteger(): boolean {
    return !/[.eE]/.test(this.text)
  }
}

/**
 * Returns undefined when the text is only white space. `lenient` accepts comments, single quotes and unquoted names.
 *
 * @throws SyntaxError
 */
export function parseJsonTree(text: string, { lenient = false } = {}): JsonTree | undefined {
  const parser = new Parser(text, lenient)
  return parser.isAtEnd() ? undefined : parser.value(0)
}

class Parser {
  private readonly text: string
  private readonly lenient: boolean
  private at = 0

  constructor(text: string, lenient: boolean) {
    this.text = text
    this.lenient = lenient
  }

  isAtEnd(): boolean {
    this.skipSpace()
    return this.at >= this.text.length
  }

  value(depth: number): JsonTree {
    if (depth > MAX_DEPTH) throw new SyntaxError(`It has more than ${MAX_DEPTH} nested levels.`)
    this.skipSpace()
    const char = this.text[this.at]
    switch (char) {
      case '{':
        return this.object(depth)
      case '[':
        return this.array(depth)
      case '"':
        return this.string('"')
      case "'":
        return this.lenient ? this.string("'") : this.fail('a value')
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      case 'n':
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  private object(depth: number): ReadonlyMap<string, unknown> {
    const object = new Map<string, JsonTree>()
    this.at++
    if (this.takes('}')) return object
    do {
      this.skipSpace()
      const name = this.name()
      if (!this.takes(':')) this.fail("':'")
      object.set(name, this.value(depth + 1))
    } while (this.takes(','))
    if (!this.takes('}')) this.fail("',' or '}'")
    return object
  }

  private array(depth: number): readonly unknown[] {
    const array: JsonTree[] = []
    this.at++
    if (this.takes(']')) return array
    do array.push(this.value(depth + 1))
    while (this.takes(','))
    if (!this.takes(']')) this.fail("',' or ']'")
    return array
  }

  private name(): string {
    const first = this.text[this.at]
    if (first === '"' || (first === "'" && this.lenient)) return this.string(first)
    UNQUOTED_NAME.lastIndex = this.at
    const name = this.lenient ? UNQUOTED_NAME.exec(this.text)?.[0] : undefined
    if (name === undefined) return this.fail('a name in double quotes')
    this.at += name.length
    return name
  }

  private string(quote: '"' | "'"): string {
    const plain = quote === '"' ? PLAIN_STRING : PLAIN_SINGLE_QUOTED
    this.at++
    let text = ''
    for (;;) {
      plain.lastIndex = this.at
      plain.test(this.text)
      text += this.text.slice(this.at, plain.lastIndex)
      this.at = plain.lastIndex
      const end = this.text[this.at]
      if (end !== quote && end !== '\\') this.fail("the string's end")
      this.at++
      if (end === quote) return text
      text += this.escape()
    }
  }

  private escape(): string {
    const char = this.text[this.at++] ?? ''
    if (char === "'" && this.lenient) return char
    if (char === 'u') {
      const digits = this.text.slice(this.at, this.at + 4)
      if (!/^[\dA-Fa-f]{4}$/.test(digits)) this.fail('four hexadecimal digits')
      this.at += 4
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    return Object.hasOwn(ESCAPES, char) ? ESCAPES[char]! : this.fail("one of JSON's escapes")
  }

  private number(): JsonNumber {
    NUMBER.lastIndex = this.at
    if (!NUMBER.test(this.text)) this.fail('a value')
    const text = this.text.slice(this.at, NUMBER.lastIndex)
    this.at = NUMBER.lastIndex
    if (this.at < this.text.length && !AFTER_NUMBER.test(this.text[this.at]!)) this.fail('the end of a number')
    return new JsonNumber(text)
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at) || /[\w$]/.test(this.text[this.at + word.length] ?? ' '))
      this.fail('a value')
    this.at += word.length
    return value
  }

  private takes(char: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== char) return false
    this.at++
    return true
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.at++
      else if (code !== SLASH || !this.lenient || !this.skipComment()) return
    }
  }

  private skipComment(): boolean {
    COMMENT.lastIndex = this.at
    if (!COMMENT.test(this.text)) return false
    this.at = COMMENT.lastIndex
    return true
  }

  private fail(expected: string): never {
    const found = this.at < this.text.length ? `'${this.text[this.at]}'` : 'the end'
    throw new SyntaxError(`Expected ${expected} at character ${this.at}, but found ${found}.`)
  }
}
