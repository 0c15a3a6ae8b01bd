/**
 * JsonRowDeserializationSchema: reads an object by the names of the row's fields. Each member is converted to the type of its field, as
 * Flink and Jackson convert it:
 *
 *   STRING                 a string; other values as their JSON text: true, 5, 2.222225402E7, {"a":1}
 *   BOOLEAN                true, or the string "true" in any case; other values are false
 *   BYTE, SHORT            a whole number, or a string of one
 *   INT, LONG              any number, truncated, or a string of a whole number
 *   FLOAT, DOUBLE          any number, or a string of one, including NaN and Infinity
 *   BIG_INT, BIG_DEC       a number, or a string of one, with all digits except trailing zeros of a fraction
 *   SQL_DATE, LOCAL_DATE   `2024-02-29`
 *   SQL_TIME, LOCAL_TIME   `12:34:56Z`
 *   SQL_TIMESTAMP,         `2024-02-29T12:34:56.789Z`
 *     LOCAL_DATE_TIME
 *   INSTANT                the same with any offset, or seconds since 1970
 *   PRIMITIVE_ARRAY of     a base64 string; other values are null
 *     BYTE
 *   arrays, LIST           an array
 *   MAP                    an object, whose names are the keys as text; other values are an empty map
 *   ROW                    an object; names that are not fields are ignored
 *   VOID                   null
 *
 * JSON.parse is fast, but it loses the text of a number. When a field needs it, its reader throws NEEDS_TREE, and the record is parsed
 * again with all digits (`json-tree.ts`).
 */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { JsonRowSchemaSpec } from '../contracts/schema-spec.ts'
import type { ArrayTypeSpec, MapTypeSpec, RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { isBytes } from '../../core/foundation/type-spec.ts'
import type { ValueDecoder } from '../contracts/value-codec.ts'
import { recordMalformedBy } from '../contracts/value-codec.ts'
import { fieldPath } from './acceptance.ts'
import { parseBase64 } from './base64.ts'
import { parseLocalDate, parseTimeOfUtc, parseTimestamp } from './date-time-text.ts'
import { parseBigInt, parseInteger, trim } from './java-number.ts'
import { isObject, nameOf } from './json-kinds.ts'
import type { Json } from './json-kinds.ts'
import { JsonScalarReader, NEEDS_TREE } from './json-scalar-reader.ts'
import { parseJsonTree } from './json-tree.ts'
import { setField } from './row-object.ts'
import { unicodeText } from './unicode-text.ts'

/** The most bytes of a malformed record that an error message shows. */
const MAX_SHOWN = 2000
type Read = (json: Json) => unknown

export function jsonRowDecoder(spec: JsonRowSchemaSpec): ValueDecoder {
  if (spec.failOnMissingField && spec.ignoreParseErrors)
    throw new ConfigurationError("JSON format doesn't support failOnMissingField and ignoreParseErrors are both true.")
  const reader = new JsonRowReader(spec)
  return { type: spec.typeInfo, decode: record => reader.decode(record) }
}

class JsonRowReader {
  private readonly spec: JsonRowSchemaSpec
  private readonly read: Read
  private readonly scalars: JsonScalarReader

  constructor(spec: JsonRowSchemaSpec) {
    this.spec = spec
    this.scalars = new JsonScalarReader(hasDecimal(spec.typeInfo))
    this.read = this.reader(spec.typeInfo, '')
  }

  decode(record: Buffer): unknown {
    try {
      this.scalars.text = unicodeText(record)
      // A record that contains only null is skipped, as in Flink.
      return this.value() ?? undefined
    } catch (error) {
      if (this.spec.ignoreParseErrors) return undefined
      const shown = record.toString('utf8', 0, MAX_SHOWN)
      const rest = record.length > MAX_SHOWN ? '...' : ''
      throw recordMalformedBy(`Failed to deserialize JSON '${shown}${rest}'.`, error)
    }
  }

  private value(): unknown {
    try {
      return this.read(JSON.parse(this.scalars.text) as Json)
    } catch (error) {
      if (error !== NEEDS_TREE && !(error instanceof SyntaxError)) throw error
    }
    const tree = parseJsonTree(this.scalars.text)
    if (tree === undefined) throw new SyntaxError('The record contains only white space.')
    return this.read(tree)
  }

  private reader(type: TypeSpec, path: string): Read {
    const read = this.plainReader(type, path)
    const { ignoreParseErrors } = this.spec
    return json => {
      if (json === null) return null
      try {
        return read(json)
      } catch (error) {
        if (error === NEEDS_TREE || error instanceof FieldError) throw error
        if (ignoreParseErrors) return null
        throw new FieldError(path, error)
      }
    }
  }

  private plainReader(type: TypeSpec, path: string): Read {
    const { scalars } = this
    switch (type.type) {
      case 'STRING':
        return json => (typeof json === 'string' ? json : scalars.string(json))
      case 'CHAR':
        return json => scalars.char(json)
      case 'BOOLEAN':
        return json =>
          typeof json === 'boolean' ? json : typeof json === 'string' && trim(json).toLowerCase() === 'true'
      case 'BYTE':
        return json => parseInteger(trim(scalars.scalarText(json)), -128, 127)
      case 'SHORT':
        return json => parseInteger(trim(scalars.scalarText(json)), -32_768, 32_767)
      case 'INT':
        return json => scalars.int(json)
      case 'LONG':
        return json => scalars.long(json)
      case 'FLOAT':
        return json => Math.fround(scalars.double(json))
      case 'DOUBLE':
        return json => scalars.double(json)
      case 'BIG_INT':
        return json => parseBigInt(trim(scalars.scalarText(json)))
      case 'BIG_DEC':
        return json => scalars.decimal(json)
      case 'SQL_DATE':
      case 'LOCAL_DATE':
        return json => parseLocalDate(scalars.scalarText(json))
      case 'SQL_TIME':
      case 'LOCAL_TIME':
        return json => parseTimeOfUtc(scalars.scalarText(json))
      case 'SQL_TIMESTAMP':
      case 'LOCAL_DATE_TIME':
        return json => parseTimestamp(scalars.scalarText(json), 'T Z')
      case 'INSTANT':
        return json => scalars.instant(json)
      case 'VOID':
        return () => null
      case 'LIST':
      case 'BASIC_ARRAY':
      case 'OBJECT_ARRAY':
      case 'PRIMITIVE_ARRAY':
        return isBytes(type) ? bytesOf : this.arrayReader(type, path)
      case 'MAP':
        return this.mapReader(type, path)
      case 'ROW':
        return this.rowReader(type, path)
      default:
        throw new ConfigurationError(
          `JsonRowDeserializationSchema: ${type.type} in field '${path}' cannot be read from JSON.`,
        )
    }
  }

  private arrayReader(type: ArrayTypeSpec, path: string): Read {
    const readElement = this.reader(type.element, `${path}[]`)
    const primitive = type.type === 'PRIMITIVE_ARRAY' ? primitiveDefault(type.element) : null
    return json => {
      if (primitive === '\0' && typeof json === 'string') return [...Array(json.length).keys()].map(i => json[i]!)
      if (!Array.isArray(json)) throw new TypeError(`It is ${nameOf(json)}, not an array`)
      const values: unknown[] = []
      for (const element of json as readonly Json[]) values.push(readElement(element) ?? primitive)
      return values
    }
  }

  private mapReader(type: MapTypeSpec, path: string): Read {
    const readKey = this.reader(type.key, `${path}{}`)
    const readValue = this.reader(type.value, `${path}{}`)
    const byText = type.key.type === 'STRING' || type.key.type === 'CHAR'
    return json => {
      const entries = json instanceof Map ? json : isObject(json) ? Object.entries(json) : []
      if (byText) {
        const object: Record<string, unknown> = {}
        for (const [name, value] of entries as Iterable<[string, Json]>)
          setField(object, String(readKey(name)), readValue(value))
        return object
      }
      const map = new Map<unknown, unknown>()
      for (const [name, value] of entries as Iterable<[string, Json]>) map.set(readKey(name), readValue(value))
      return map
    }
  }

  private rowReader(type: RowTypeSpec, path: string): Read {
    const { names } = type
    const readers = type.types.map((field, i) => this.reader(field, fieldPath(path, names[i]!)))
    // Inherited members, such as `constructor`, are not in the record.
    const inherited = names.map(name => name in Object.prototype)
    const { failOnMissingField } = this.spec
    return json => {
      const tree = json instanceof Map ? (json as ReadonlyMap<string, unknown>) : null
      if (tree === null && !isObject(json)) throw new TypeError(`It is ${nameOf(json)}, not an object`)
      const object = json as Readonly<Record<string, Json>>
      const row: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) {
        const name = names[i]!
        const field: Json =
          tree !== null ? tree.get(name) : inherited[i]! && !Object.hasOwn(object, name) ? undefined : object[name]
        if (field === undefined && failOnMissingField)
          throw new FieldError('', new Error(`Could not find field with name '${name}'.`))
        const value = field === undefined ? null : readers[i]!(field)
        if (inherited[i]!) setField(row, name, value)
        else row[name] = value
      }
      return row
    }
  }
}

/** Names the innermost field that could not be read. */
class FieldError extends Error {
  constructor(path: string, cause: unknown) {
    const { message } = cause as Error
    super(path === '' ? message : `Field '${path}': ${message}`, { cause })
  }
}

function hasDecimal(type: TypeSpec): boolean {
  switch (type.type) {
    case 'BIG_DEC':
      return true
    case 'ROW':
      return type.types.some(hasDecimal)
    case 'OBJECT_ARRAY':
    case 'BASIC_ARRAY':
      return hasDecimal(type.element)
    case 'MAP':
      return hasDecimal(type.key) || hasDecimal(type.value)
    default:
      return false
  }
}

const bytesOf = (json: Json): Buffer | null => (typeof json === 'string' ? parseBase64(json) : null)

/** The element that replaces null in a primitive array. */
function primitiveDefault(type: TypeSpec): unknown {
  return type.type === 'BOOLEAN' ? false : type.type === 'CHAR' ? '\0' : 0
}
