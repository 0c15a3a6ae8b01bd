/** A flat map of strings, as in Flink, read through typed options. */
import { ConfigurationError } from '../errors.ts'
import type { ConfigOption } from './config-option.ts'

export class Configuration {
  readonly #values: ReadonlyMap<string, string>

  constructor(values: Readonly<Record<string, string>> = {}) {
    this.#values = new Map(Object.entries(values).map(([key, value]) => [key, asText(key, value)]))
  }

  /** The option's value, its default, or null. @throws ConfigurationError naming the key if the text has another type */
  find<T>(option: ConfigOption<T>): T | null {
    const text = this.#text(option) ?? option.default
    return text === null ? null : option.parse(text)
  }

  /** As `find`, for options that have a default. */
  get<T>(option: ConfigOption<T>): T {
    const value = this.find(option)
    if (value === null) throw new TypeError(`${option.key} has no default; use find()`)
    return value
  }

  has(option: ConfigOption<unknown>): boolean {
    return this.#text(option) !== undefined
  }

  keys(): string[] {
    return [...this.#values.keys()]
  }

  raw(key: string): string | undefined {
    return this.#values.get(key)
  }

  /**
   * With one option set; a number where the option is a duration means milliseconds. @throws ConfigurationError
   *
   * @example new Configuration().set(KinesisSourceConfigOptions.READER_TYPE, 'EFO')
   */
  set<T>(option: ConfigOption<T>, value: T | string): Configuration {
    const text = typeof value === 'number' && option.type === 'duration' ? `${value} ms` : String(value)
    option.parse(text)
    return this.with({ [option.key]: text })
  }

  /** Values of `other` win. */
  with(other: Readonly<Record<string, string>>): Configuration {
    return new Configuration({ ...this.toObject(), ...other })
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this.#values)
  }

  #text(option: ConfigOption<unknown>): string | undefined {
    for (const key of [option.key, ...(option.aliases ?? [])]) {
      const text = this.#values.get(key)
      if (text !== undefined) return text
    }
    return undefined
  }
}

/** A program in JavaScript may well say `true` or `500`. */
function asText(key: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  throw new ConfigurationError(
    `${key}: ${value === null ? 'null' : `a value of the type ${typeof value}`} is no value for an option; give a text.`,
  )
}
