/**
 * The type of a schema's values, for the transfer to other languages. `row` follows Flink's AvroSchemaConverter with its default
 * mapping of timestamps: TIMESTAMP for both units, while local timestamps stay numbers.
 */
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import { BYTES } from '../../core/foundation/type-spec.ts'
import { optional } from './schema-model.ts'
import type { AvroType } from './schema-model.ts'
import { branchMapping, logicalValues } from './logical-values.ts'
import type { ValueMapping } from './logical-values.ts'

const PRIMITIVES = {
  null: { type: 'VOID' },
  boolean: { type: 'BOOLEAN' },
  int: { type: 'INT' },
  long: { type: 'LONG' },
  float: { type: 'FLOAT' },
  double: { type: 'DOUBLE' },
  bytes: BYTES,
  string: { type: 'STRING' },
} as const satisfies Record<string, TypeSpec>

/** A recursive record is `ANY` within itself, because a type spec is a tree. */
export function typeOf(type: AvroType, mapping: ValueMapping = 'generic', within: readonly AvroType[] = []): TypeSpec {
  const logical = logicalValues(type, mapping)
  if (logical !== null) return logical.spec
  const inner = (part: AvroType, its = mapping): TypeSpec => typeOf(part, its, [...within, type])
  switch (type.kind) {
    case 'record':
      if (within.includes(type)) return { type: 'ANY' }
      return {
        type: mapping === 'row' ? 'ROW' : 'RECORD',
        names: type.fields.map(field => field.name),
        types: type.fields.map(field => inner(field.type)),
      }
    case 'enum':
      return PRIMITIVES.string
    case 'fixed':
      return BYTES
    case 'array': {
      const element = inner(type.items)
      if (mapping === 'generic') return { type: 'LIST', element }
      return { type: element.type === 'STRING' ? 'BASIC_ARRAY' : 'OBJECT_ARRAY', element }
    }
    case 'map':
      return { type: 'MAP', key: PRIMITIVES.string, value: inner(type.values) }
    case 'union': {
      const single = type.types.length === 1 ? type.types[0]! : optional(type)?.type
      if (single !== undefined) return inner(single)
      if (mapping === 'row') return { type: 'ANY' }
      const branches = type.types.filter(branch => branch.kind !== 'null')
      return { type: 'UNION', types: branches.map(branch => inner(branch, branchMapping(type, mapping))) }
    }
    default:
      return PRIMITIVES[type.kind]
  }
}
