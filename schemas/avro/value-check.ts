/** Finds where and why a value does not have a type, and which branch of a union accepts it. It runs off the fast path. */
import { Decimal } from '../contracts/decimal.ts'
import { AvroOutput, AvroRefused } from './avro-output.ts'
import { nameOf } from './schema-model.ts'
import type { AvroType, AvroUnion } from './schema-model.ts'
import { branchMapping, logicalValues } from './logical-values.ts'
import type { ValueMapping } from './logical-values.ts'

/** Such as `cargo[3].weight: 'heavy' is not double`. `null` when the value has the type. */
export function whyRefused(type: AvroType, value: unknown, mapping: ValueMapping, path = ''): string | null {
  switch (type.kind) {
    case 'record': {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || isNoRecord(value))
        return isNo(type, value, path)
      for (const field of type.fields) {
        const member =
          Object.hasOwn(value, field.name) || !(field.name in Object.prototype)
            ? (value as Record<string, unknown>)[field.name]
            : undefined
        if (member === undefined && field.default !== undefined) continue
        const at = path === '' ? field.name : `${path}.${field.name}`
        const why = whyRefused(field.type, member, mapping, at)
        if (why !== null) return member === undefined ? `${at} is missing and has no default` : why
      }
      return null
    }
    case 'array':
      if (!Array.isArray(value)) return isNo(type, value, path)
      return first(value.entries(), ([i, item]) => whyRefused(type.items, item, mapping, `${path}[${i}]`))
    case 'map': {
      const members = membersOf(value)
      if (members === null) return isNo(type, value, path)
      return first(members, ([key, member]) => {
        const at = `${path}[${JSON.stringify(key)}]`
        return typeof key === 'string' ? whyRefused(type.values, member, mapping, at) : `${at}: a key must be a string`
      })
    }
    case 'union': {
      const inner = branchMapping(type, mapping)
      if (branchOf(type, value, inner) !== null) return null
      const candidates = type.types.filter(branch => looksLike(branch, value))
      // If only one branch is possible, its reason is more helpful than the union's.
      if (candidates.length === 1) return whyRefused(candidates[0]!, value, inner, path)
      return isNo(type, value, path)
    }
    case 'enum':
      return type.symbols.includes(value as string) ? null : isNo(type, value, path)
    default: {
      const logical = logicalValues(type, mapping)
      try {
        const raw = logical === null ? value : logical.write(value)
        const output = new AvroOutput()
        if (type.kind === 'fixed') output.fixed(raw, type.size)
        else output[type.kind](raw)
        return null
      } catch (error) {
        if (!(error instanceof AvroRefused)) throw error
        return isNo(type, value, path, logical?.takes)
      }
    }
  }
}

/** Whether the content of the object is not in named members. */
export function isNoRecord(value: object): boolean {
  return value instanceof Map || value instanceof Set || value instanceof Date || ArrayBuffer.isView(value)
}

/** The index of the branch that accepts the value. `null` when there is none. */
export function branchOf(union: AvroUnion, value: unknown, mapping: ValueMapping): number | null {
  const { types } = union
  if (value === null || value === undefined) {
    const index = types.findIndex(type => type.kind === 'null')
    return index < 0 ? null : index
  }
  const takes = (type: AvroType): boolean => looksLike(type, value) && whyRefused(type, value, mapping) === null
  const exact = types.findIndex(type => takes(type) && holdsExactly(type, value))
  const index = exact < 0 ? types.findIndex(takes) : exact
  return index < 0 ? null : index
}

function holdsExactly(type: AvroType, value: unknown): boolean {
  if (type.kind === 'float' && typeof value === 'number') return Number.isNaN(value) || Math.fround(value) === value
  if (type.kind === 'float' || type.kind === 'double') return typeof value !== 'bigint'
  return type.kind !== 'record' || Object.keys(value as object).every(key => type.fields.some(f => f.name === key))
}

/** The members of a plain object or a Map. `null` for other values. */
export function membersOf(value: unknown): readonly (readonly [unknown, unknown])[] | null {
  if (value instanceof Map) return [...value]
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return null
  return Object.entries(value)
}

/** A fast check of the JavaScript type only. */
function looksLike(type: AvroType, value: unknown): boolean {
  if (type.logical !== null) return true
  switch (type.kind) {
    case 'null':
      return value === null || value === undefined
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'string':
    case 'enum':
      return typeof value === 'string'
    case 'bytes':
    case 'fixed':
      return value instanceof Uint8Array
    case 'array':
      return Array.isArray(value)
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value)
  }
}

function isNo(type: AvroType, value: unknown, path: string, takes?: string): string {
  const at = path === '' ? '' : `${path}: `
  return `${at}${sight(value)} is not ${takes ?? expected(type)}`
}

function expected(type: AvroType): string {
  switch (type.kind) {
    case 'enum':
      return `a symbol of ${type.name}: ${type.symbols.slice(0, 10).join(', ')}${type.symbols.length > 10 ? ', ...' : ''}`
    case 'fixed':
      return `a Buffer of ${type.size} bytes (${type.name})`
    case 'record':
      return `an object with the fields of ${type.name}`
    case 'bytes':
      return 'a Buffer or Uint8Array'
    case 'int':
      return 'a whole number of 32 bits'
    case 'long':
      return 'a whole number of 64 bits (a safe integer or a bigint)'
    default:
      return nameOf(type)
  }
}

const MAX_SIGHT = 40

const shortened = (text: string): string => (text.length > MAX_SIGHT ? `${text.slice(0, MAX_SIGHT)}...` : text)

function sight(value: unknown): string {
  if (typeof value === 'string') return `'${shortened(value)}'`
  if (value instanceof Uint8Array) return `a Buffer of ${value.length} bytes`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    if (value instanceof Decimal) return shortened(value.toString())
    const { constructor } = value as { constructor?: { name?: string } }
    return constructor === undefined || constructor.name === 'Object' ? 'an object' : `a ${constructor.name ?? 'thing'}`
  }
  return typeof value === 'function' ? 'a function' : String(value)
}

function first<T>(items: Iterable<T>, why: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = why(item)
    if (found !== null) return found
  }
  return null
}
