/** Schemas as programs name them. */
import type { PayloadType } from '../job-graph/job-graph.ts'
import type { SchemaSpec } from '../../schemas/schema-spec.ts'

export interface Schema<T> {
  readonly spec: SchemaSpec
  readonly payload: PayloadType
  /** Only for the compiler. */
  readonly valueType?: T
}

/** Strings. Reading replaces malformed input by U+FFFD, as Java does; writing is UTF-8. */
export class SimpleStringSchema implements Schema<string> {
  readonly spec: SchemaSpec
  readonly payload = 'text'
  declare readonly valueType?: string

  constructor(charset = 'UTF-8') {
    this.spec = { type: 'simple-string', charset }
  }
}

/** Bytes as they are. A value shares its batch's memory: copy what you keep. */
export class ByteArraySchema implements Schema<Buffer> {
  readonly spec: SchemaSpec = { type: 'byte-array' }
  readonly payload = 'bytes'
  declare readonly valueType?: Buffer
}
