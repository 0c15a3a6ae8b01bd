/** How many bytes a value of a type takes at least. A length that the record cannot hold is refused before anything is allocated. */
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'

export function leastBytes(type: TypeSpec): number {
  switch (type.type) {
    case 'CHAR':
    case 'SHORT':
      return 2
    case 'INT':
    case 'FLOAT':
    case 'BIG_INT':
    case 'BIG_DEC':
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
    case 'MAP':
      return 4
    case 'LONG':
    case 'DOUBLE':
    case 'SQL_DATE':
    case 'SQL_TIME':
      return 8
    case 'SQL_TIMESTAMP':
    case 'INSTANT':
      return 12
    default:
      return 1
  }
}
