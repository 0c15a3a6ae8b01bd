/**
 * One option: its key, type, default and meaning, said once. Builders, both languages, the documentation and the warnings
 * about unknown keys all read the same tables (`schemas/options.json` is generated from them).
 */
import { ConfigurationError } from '../errors.ts'
import { maskedUrl } from './mask.ts'
import { parseDurationMs, parseMemorySize } from './quantities.ts'

interface OptionBase {
  readonly key: string
  readonly description: string
  /** Older names that are still read. */
  readonly aliases?: readonly string[]
  /** Accepted for compatibility; changes nothing here. */
  readonly ignored?: boolean
  /** A value that must never be shown. */
  readonly secret?: boolean
}

export interface ConfigOption<T> extends OptionBase {
  readonly type: 'string' | 'int' | 'double' | 'boolean' | 'duration' | 'memory' | 'enum'
  /** As a user would write it. `null` when there is no default. */
  readonly default: string | null
  readonly parse: (text: string) => T
  readonly values?: readonly string[]
  /** Of an `int`: the least and the greatest value that is taken. */
  readonly min?: number
  readonly max?: number
}

type Rest = Omit<OptionBase, 'key' | 'description'>

function fail(key: string, text: string, expected: string): never {
  throw new ConfigurationError(`${key}: '${maskedUrl(text)}' is not ${expected}.`, { details: { key } })
}

export const stringOption = (
  key: string,
  fallback: string | null,
  description: string,
  rest: Rest = {},
): ConfigOption<string> => ({
  key,
  type: 'string',
  default: fallback,
  description,
  parse: text => text,
  ...rest,
})

export const intOption = (
  key: string,
  fallback: number | null,
  description: string,
  range: { readonly min?: number; readonly max?: number } & Rest = {},
): ConfigOption<number> => {
  const { min = -2147483648, max = 2147483647, ...rest } = range
  return {
    key,
    type: 'int',
    default: fallback === null ? null : String(fallback),
    description,
    min,
    max,
    parse(text) {
      const value = Number(text.trim())
      if (!Number.isInteger(value) || value < min || value > max || text.trim() === '')
        fail(key, text, `a whole number from ${min} to ${max}`)
      return value
    },
    ...rest,
  }
}

export const doubleOption = (
  key: string,
  fallback: number,
  description: string,
  rest: Rest = {},
): ConfigOption<number> => ({
  key,
  type: 'double',
  default: String(fallback),
  description,
  parse(text) {
    const value = Number(text)
    if (!Number.isFinite(value) || text.trim() === '') fail(key, text, 'a number')
    return value
  },
  ...rest,
})

export const booleanOption = (
  key: string,
  fallback: boolean,
  description: string,
  rest: Rest = {},
): ConfigOption<boolean> => ({
  key,
  type: 'boolean',
  default: String(fallback),
  description,
  parse(text) {
    const value = text.trim().toLowerCase()
    if (value !== 'true' && value !== 'false') fail(key, text, "'true' or 'false'")
    return value === 'true'
  },
  ...rest,
})

/** In milliseconds once parsed. */
export const durationOption = (
  key: string,
  fallback: string | null,
  description: string,
  rest: Rest = {},
): ConfigOption<number> => ({
  key,
  type: 'duration',
  default: fallback,
  description,
  parse: text => parseDurationMs(text) ?? fail(key, text, "a duration such as '500 ms', '10 s' or '5 min'"),
  ...rest,
})

/** In bytes once parsed. */
export const memoryOption = (
  key: string,
  fallback: string,
  description: string,
  rest: Rest = {},
): ConfigOption<number> => ({
  key,
  type: 'memory',
  default: fallback,
  description,
  parse: text => parseMemorySize(text) ?? fail(key, text, "a size such as '64 kb', '16 mb' or '1 gb'"),
  ...rest,
})

export const enumOption = <T extends string>(
  key: string,
  values: readonly T[],
  fallback: NoInfer<T> | null,
  description: string,
  rest: Rest = {},
): ConfigOption<T> => ({
  key,
  type: 'enum',
  default: fallback,
  description,
  values,
  parse(text) {
    const wanted = text.trim().replaceAll('-', '_').toLowerCase()
    return (
      values.find(v => v.replaceAll('-', '_').toLowerCase() === wanted) ??
      fail(key, text, `one of ${values.join(', ')}`)
    )
  },
  ...rest,
})
