/** The schemas of programs. Each has a description in the job graph, from which the engine creates its codec. */
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import type { LocalFunction } from '../../operators/job-facilities.ts'
import type { KinesisDeserializationSchema, SerializationSchema } from '../../../schemas/contracts/program-schema.ts'
import type { SchemaSpec } from '../../../schemas/contracts/schema-spec.ts'
import type { TypeInformation } from '../types/types.ts'

/** Registers a function of this process. @returns the id by which the graph refers to it */
export type RegisterLocal = (fn: LocalFunction) => string

/** `Read` is the type of deserialized values, and `Written` that of serialized values. `never` for an unsupported direction. */
export interface Schema<Read, Written = Read> {
  readonly toSpec: (register: RegisterLocal) => SchemaSpec
  /** Of the stream that it gives. */
  readonly payload: PayloadType
  /** Only for the compiler. */
  readonly valueType?: readonly [Read, (written: Written) => void]
}

/** Strings. Reading replaces malformed input by U+FFFD, writing replaces what the charset does not have by `?`, as Java does. */
export class SimpleStringSchema implements Schema<string> {
  readonly toSpec: () => SchemaSpec
  readonly payload = 'text'
  declare readonly valueType?: readonly [string, (written: string) => void]

  /** @param charset a name that Java knows; UTF-8 goes through uncopied */
  constructor(charset = 'UTF-8') {
    this.toSpec = () => ({ type: 'simple-string', charset })
  }
}

/** Bytes as they are. A value that was read shares its batch's memory: copy what you keep. */
export class ByteArraySchema implements Schema<Buffer, Uint8Array> {
  readonly toSpec = (): SchemaSpec => ({ type: 'byte-array' })
  readonly payload = 'bytes'
  declare readonly valueType?: readonly [Buffer, (written: Uint8Array) => void]
}

/** Flink's own binary format, byte for byte, for values of a type. */
export class TypeInformationSerializationSchema<T> implements Schema<T> {
  readonly toSpec: () => SchemaSpec
  readonly payload = 'object'
  declare readonly valueType?: readonly [T, (written: T) => void]

  constructor(type: TypeInformation<T>) {
    this.toSpec = () => ({ type: 'type-information', typeInfo: type.spec })
  }
}

/** Whether the value is a schema of this package, or an object of the program with the method. */
export function isSchema(schema: unknown, method: 'deserialize' | 'serialize'): boolean {
  const has = (name: string): boolean => typeof (schema as Record<string, unknown> | null)?.[name] === 'function'
  return typeof schema === 'object' && (has('toSpec') || has(method))
}

/** The description of a schema of this package or of the program. */
export function schemaSpecOf(
  schema: Schema<unknown, never> | KinesisDeserializationSchema<unknown> | SerializationSchema<never>,
  register: RegisterLocal,
): SchemaSpec {
  if ('toSpec' in schema) return schema.toSpec(register)
  return { type: 'custom', schema: { type: 'local', localId: register(() => schema) } }
}
