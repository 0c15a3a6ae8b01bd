/** Lines of CSV as rows, by Flink's rules. */
import { ConfigurationError } from '../../foundation/errors.ts'
import type { CsvRowSchemaSpec } from '../../../schemas/contracts/schema-spec.ts'
import type { RowTypeInfo } from '../types/types.ts'
import type { Schema } from './schema.ts'

type Settings = { -readonly [K in keyof Omit<CsvRowSchemaSpec, 'typeInfo'>]: CsvRowSchemaSpec[K] }

/** The settings that reading and writing have in common. */
class CsvRowSchemaBuilder {
  protected readonly settings: Settings = {
    type: 'csv-row',
    fieldDelimiter: ',',
    lineDelimiter: '\n',
    arrayElementDelimiter: ';',
    quoteCharacter: '"',
    escapeCharacter: null,
    nullLiteral: null,
    allowComments: false,
    ignoreParseErrors: false,
  }

  /** Default `,`. */
  setFieldDelimiter(delimiter: string): this {
    this.settings.fieldDelimiter = oneCharacter('setFieldDelimiter', delimiter)
    return this
  }

  /** Default `;`. */
  setArrayElementDelimiter(delimiter: string): this {
    this.settings.arrayElementDelimiter = delimiter
    return this
  }

  /** Default `"`. */
  setQuoteCharacter(character: string): this {
    this.settings.quoteCharacter = oneCharacter('setQuoteCharacter', character)
    return this
  }

  /** Default: none. */
  setEscapeCharacter(character: string): this {
    this.settings.escapeCharacter = oneCharacter('setEscapeCharacter', character)
    return this
  }

  /** The text of null. By default no text is read as null, and null is written as an empty field. */
  setNullLiteral(literal: string): this {
    this.settings.nullLiteral = literal
    return this
  }
}

export class CsvRowDeserializationSchemaBuilder<T> extends CsvRowSchemaBuilder {
  readonly #type: RowTypeInfo<T>

  constructor(type: RowTypeInfo<T>) {
    super()
    this.#type = type
  }

  /** Lines that begin with `#` are comments. Default false. */
  setAllowComments(allow: boolean): this {
    this.settings.allowComments = allow
    return this
  }

  /** A field that cannot be read is null, and a line that cannot be read is skipped. Default: false. */
  setIgnoreParseErrors(ignore: boolean): this {
    this.settings.ignoreParseErrors = ignore
    return this
  }

  build(): Schema<T, never> {
    const spec = { ...this.settings, typeInfo: this.#type.spec }
    return { payload: 'object', toSpec: () => spec }
  }
}

export class CsvRowSerializationSchemaBuilder<T> extends CsvRowSchemaBuilder {
  readonly #type: RowTypeInfo<T>

  constructor(type: RowTypeInfo<T>) {
    super()
    this.#type = type
  }

  /** What ends a record: `\n` (default), `\r\n`, `\r`, or nothing. */
  setLineDelimiter(delimiter: string): this {
    if (!['\n', '\r\n', '\r', ''].includes(delimiter))
      throw new ConfigurationError('CSV: the line delimiter is one of \\n, \\r, \\r\\n or empty.')
    this.settings.lineDelimiter = delimiter
    return this
  }

  disableQuoteCharacter(): this {
    this.settings.quoteCharacter = null
    return this
  }

  build(): Schema<never, T> {
    const spec = { ...this.settings, typeInfo: this.#type.spec }
    return { payload: 'object', toSpec: () => spec }
  }
}

export const CsvRowDeserializationSchema = {
  builder: <T>(type: RowTypeInfo<T>): CsvRowDeserializationSchemaBuilder<T> =>
    new CsvRowDeserializationSchemaBuilder(type),
} as const

export const CsvRowSerializationSchema = {
  builder: <T>(type: RowTypeInfo<T>): CsvRowSerializationSchemaBuilder<T> => new CsvRowSerializationSchemaBuilder(type),
} as const

function oneCharacter(setter: string, text: string): string {
  if (text.length !== 1)
    throw new ConfigurationError(`CSV: ${setter} takes one character, not ${JSON.stringify(text)}.`)
  return text
}
