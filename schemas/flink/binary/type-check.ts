/** Refuses types that Flink's binary format does not have, when the schema is created. The error has the path to the field. */
import type { ShardlineError } from '../../../core/foundation/errors.ts'
import { ConfigurationError } from '../../../core/foundation/errors.ts'
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'

const PRIMITIVES: readonly string[] = ['BOOLEAN', 'BYTE', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'CHAR']
const MAX_TUPLE = 25

/** Refuses types that Flink refuses when a program creates them. @throws ConfigurationError */
export function checkType(type: TypeSpec, path: string): void {
  const refuse = (why: string): never => {
    throw new ConfigurationError(
      `TypeInformationSerializationSchema: ${type.type}${path === '' ? '' : ` of field '${path}'`} ${why}`,
    )
  }
  if (type.type === 'PRIMITIVE_ARRAY' && !PRIMITIVES.includes(type.element.type))
    refuse(
      `cannot have elements of type ${type.element.type}. Supported are ${PRIMITIVES.join(', ')}. Use OBJECT_ARRAY or LIST.`,
    )
  if (type.type === 'BASIC_ARRAY' && ![...PRIMITIVES, 'STRING'].includes(type.element.type))
    refuse(
      `cannot have elements of type ${type.element.type}. Supported are STRING, ${PRIMITIVES.join(', ')}. Use OBJECT_ARRAY or LIST.`,
    )
  if (type.type === 'TUPLE' && type.types.length > MAX_TUPLE)
    refuse(`has ${type.types.length} fields, but Flink's tuples have at most ${MAX_TUPLE}. Use ROW.`)
}

export function notFlinks(type: string, path: string): ShardlineError {
  return new ConfigurationError(
    `TypeInformationSerializationSchema: ${type}${path === '' ? '' : ` of field '${path}'`} is not one of Flink's types.`,
  )
}
