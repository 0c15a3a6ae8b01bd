/** Configuration errors that the reader and the writer of CSV share. */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { CsvRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

export function checkCharacters(spec: CsvRowSchemaSpec): void {
  for (const option of ['fieldDelimiter', 'quoteCharacter', 'escapeCharacter'] as const)
    if (spec[option] !== null && spec[option].length !== 1)
      throw new ConfigurationError(`CSV: ${option} must be one character, but is '${spec[option]}'.`)
}

export function unsupported(type: TypeSpec, path: string): ConfigurationError {
  return new ConfigurationError(`CSV: the type ${type.type} of field '${path}' is not supported.`)
}
