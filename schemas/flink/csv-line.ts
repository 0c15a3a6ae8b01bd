/**
 * Splits one line of CSV into cells, as Jackson does. A cell that begins with the quote character ends with it, may contain line ends,
 * and doubles the quote character. Elsewhere the quote character has no meaning. The escape character quotes the next character;
 * t, r, n and 0 after it are the control characters of Java. Text after the first line is ignored.
 *
 * csv-parse is designed for whole files: it needs tens of microseconds to start, for each record, and does not support escapes outside
 * quotes.
 */
export interface CsvDialect {
  readonly fieldDelimiter: string
  readonly quoteCharacter: string | null
  readonly escapeCharacter: string | null
  readonly allowComments: boolean
}

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', '0': '\0' }
const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const HASH = 0x23

/** `null` when there is no line. @throws SyntaxError */
export function csvCells(text: string, dialect: CsvDialect): string[] | null {
  const start = dialect.allowComments ? afterComments(text, dialect.fieldDelimiter) : 0
  return start >= text.length ? null : new CsvLine(text, start, dialect).cells()
}

/** When comments are allowed, Jackson also skips white space and empty lines at the beginning. */
function afterComments(text: string, fieldDelimiter: string): number {
  let at = 0
  for (;;) {
    while (text.charCodeAt(at) <= SPACE && text[at] !== fieldDelimiter) at++
    if (text.charCodeAt(at) !== HASH) return at
    while (at < text.length && !isLineEnd(text.charCodeAt(at))) at++
  }
}

const isLineEnd = (code: number): boolean => code === LF || code === CR

class CsvLine {
  private readonly text: string
  private readonly delimiter: number
  private readonly quote: number
  private readonly escape: number
  private at: number

  constructor(text: string, at: number, dialect: CsvDialect) {
    this.text = text
    this.at = at
    this.delimiter = dialect.fieldDelimiter.charCodeAt(0)
    this.quote = codeOf(dialect.quoteCharacter)
    this.escape = codeOf(dialect.escapeCharacter)
  }

  cells(): string[] {
    const cells: string[] = []
    for (;;) {
      const isQuoted = this.at < this.text.length && this.text.charCodeAt(this.at) === this.quote
      cells.push(isQuoted ? this.quoted() : this.plain())
      if (this.text.charCodeAt(this.at) !== this.delimiter) return cells
      this.at++
    }
  }

  private plain(): string {
    let text = ''
    let from = this.at
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (Number.isNaN(code) || code === this.delimiter || isLineEnd(code)) return text + this.text.slice(from, this.at)
      if (code === this.escape) {
        text += this.text.slice(from, this.at) + this.escaped()
        from = this.at
      } else this.at++
    }
  }

  private quoted(): string {
    let text = ''
    let from = ++this.at
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (Number.isNaN(code)) throw new SyntaxError('Missing closing quote for value')
      if (code === this.quote) {
        text += this.text.slice(from, this.at++)
        if (this.text.charCodeAt(this.at) !== this.quote) break
        from = this.at++
      } else if (code === this.escape) {
        text += this.text.slice(from, this.at) + this.escaped()
        from = this.at
      } else this.at++
    }
    this.endOfQuoted()
    return text
  }

  /** Skips the spaces between the closing quote and the end of the cell. */
  private endOfQuoted(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (Number.isNaN(code) || code === this.delimiter || isLineEnd(code)) return
      if (code > SPACE)
        throw new SyntaxError(
          `Unexpected character ('${this.text[this.at]!}'): Expected column separator character or end-of-line`,
        )
      this.at++
    }
  }

  private escaped(): string {
    this.at++
    const char = this.text[this.at++]
    if (char === undefined) throw new SyntaxError('Unexpected end of the line after the escape character')
    return ESCAPED[char] ?? char
  }
}

/** -1 when there is no character. */
const codeOf = (character: string | null): number => character?.charCodeAt(0) ?? -1
