/** Flink's TypeSerializer: reads and writes the values of one type. `../type-serializer.ts` shows the format. */
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'

export type Read = (input: DataInput) => unknown
export type Write = (output: DataOutput, value: unknown) => void

export interface TypeSerializer {
  /** Reads the next value of the record. @throws ShardlineError RECORD_MALFORMED */
  readonly read: Read
  /** Appends the value, which is never undefined. @throws ShardlineError VALUE_INVALID */
  readonly write: Write
}

/** Makes the serializer of a type. `path` leads to its field and appears in error messages. */
export type SerializerOf = (type: TypeSpec, path: string) => TypeSerializer

/** Reads a value with a constant number of bytes, after a check that the record has them. */
export function fixed(bytes: number, path: string, read: Read): Read {
  return input => {
    input.need(bytes, path)
    return read(input)
  }
}
