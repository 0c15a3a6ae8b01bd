/** Avro's types as objects: names in full, references resolved, logical types recognized. `avro-type.ts` reads them from a schema. */
import type { JsonNode, JsonObject } from './json-text.ts'

export const primitiveNames = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type PrimitiveName = (typeof primitiveNames)[number]

/** Other logical types, such as `duration`, are ignored: their values have the underlying type. */
export type LogicalType =
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number }
  | {
      readonly name:
        | 'date'
        | 'time-millis'
        | 'time-micros'
        | 'timestamp-millis'
        | 'timestamp-micros'
        | 'local-timestamp-millis'
        | 'local-timestamp-micros'
        | 'uuid'
    }

interface TypeBase {
  readonly logical: LogicalType | null
  /** Attributes that are not in the specification, and those of logical types, in their order. */
  readonly props: JsonObject
}

interface NamedBase extends TypeBase {
  /** The full name, with namespace. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly doc: string | null
}

export interface AvroPrimitive extends TypeBase {
  readonly kind: PrimitiveName
}

export interface AvroRecord extends NamedBase {
  readonly kind: 'record'
  readonly isError: boolean
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly aliases: readonly string[]
  readonly doc: string | null
  /** undefined when there is none. */
  readonly default: JsonNode | undefined
  readonly order: 'ascending' | 'descending' | 'ignore'
  readonly props: JsonObject
}

export interface AvroEnum extends NamedBase {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly default: string | null
}

export interface AvroFixed extends NamedBase {
  readonly kind: 'fixed'
  readonly size: number
}

export interface AvroArray extends TypeBase {
  readonly kind: 'array'
  readonly items: AvroType
}

export interface AvroMap extends TypeBase {
  readonly kind: 'map'
  readonly values: AvroType
}

export interface AvroUnion extends TypeBase {
  readonly kind: 'union'
  readonly types: readonly AvroType[]
}

export type AvroType = AvroPrimitive | AvroRecord | AvroEnum | AvroFixed | AvroArray | AvroMap | AvroUnion

export function isPrimitiveName(name: string): name is PrimitiveName {
  return (primitiveNames as readonly string[]).includes(name)
}

export const simpleName = (fullName: string): string => fullName.slice(fullName.lastIndexOf('.') + 1)
export const namespaceOf = (fullName: string): string => fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')))

/** A type as error messages name it: `string`, `com.acme.Flight`, `union of null, string`. */
export function nameOf(type: AvroType): string {
  if ('name' in type) return type.name
  if (type.kind === 'union') return `union of ${type.types.map(nameOf).join(', ')}`
  return type.logical?.name ?? type.kind
}

/** The other branch of a union with null, and the index of null. `null` when the union has other branches. */
export function optional(union: AvroUnion): { readonly nullIndex: number; readonly type: AvroType } | null {
  const nullIndex = union.types.findIndex(t => t.kind === 'null')
  return union.types.length === 2 && nullIndex >= 0 ? { nullIndex, type: union.types[1 - nullIndex]! } : null
}
