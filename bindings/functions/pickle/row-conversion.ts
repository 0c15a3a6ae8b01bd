// Rows of Python cross as tuples. This makes objects of them, where the type of the values says that they are rows.
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import { setMember } from './python-classes.ts'

type Convert = (value: unknown) => unknown

const converters = new WeakMap<TypeSpec, Convert | null>()

/** Returns what makes objects of the tuples in a value of this type, or null when the type has no rows. */
export function rowConverter(type: TypeSpec): Convert | null {
  const known = converters.get(type)
  if (known !== undefined) return known
  const convert = makeConverter(type)
  converters.set(type, convert)
  return convert
}

function makeConverter(type: TypeSpec): Convert | null {
  switch (type.type) {
    case 'ROW': {
      const { names } = type
      const convert = type.types.map(makeConverter)
      return orNull(value => {
        const row: Record<string, unknown> = {}
        for (let i = 0; i < names.length; i++) {
          const field = (value as readonly unknown[])[i]
          setMember(row, names[i]!, convert[i] === null ? field : convert[i]!(field))
        }
        return row
      })
    }
    case 'TUPLE': {
      const convert = type.types.map(makeConverter)
      if (convert.every(c => c === null)) return null
      return orNull(value => (value as unknown[]).map((item, i) => convert[i]?.(item) ?? item))
    }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY': {
      const convert = makeConverter(type.element)
      return convert === null ? null : orNull(value => (value as unknown[]).map(convert))
    }
    case 'MAP': {
      const convert = makeConverter(type.value)
      if (convert === null) return null
      return orNull(value =>
        value instanceof Map
          ? new Map([...value].map(([k, v]: [unknown, unknown]) => [k, convert(v)]))
          : Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, convert(v)])),
      )
    }
    default:
      return null
  }
}

const orNull =
  (convert: Convert): Convert =>
  value =>
    value === null ? null : convert(value)
