/**
 * One record's bytes to its value and back: what each schema implements. They see one record at a time and know neither streams
 * nor shards; who calls them says which record it was.
 */
import { RecordError } from '../../core/foundation/errors.ts'
import type { ShardlineError } from '../../core/foundation/errors.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

export interface ValueDecoder {
  /** What its values are, for those who carry them to another language; null: as each value looks. */
  readonly type: TypeSpec | null
  /**
   * The value; undefined or null: this record is left out. The record is a view that others share: what is kept of it
   * is copied.
   *
   * @throws ShardlineError RECORD_MALFORMED
   */
  decode(record: Buffer): unknown
  /**
   * What must be waited for before `decode` can take this record, such as the schema that it was written with; null: nothing.
   * It rejects with RECORD_MALFORMED or SCHEMA_NOT_FOUND where it is the record's fault.
   */
  prepare?(record: Buffer): Promise<void> | null
  close?(): void
}

export interface ValueEncoder {
  /** Whether `encode` is given null, too. Flink's other schemas have no bytes for null, so null is VALUE_INVALID there. */
  readonly takesNull?: boolean
  /** A buffer of its own, or one that is never written to again. @throws ShardlineError VALUE_INVALID */
  encode(value: unknown): Buffer
  /** What must be waited for before `encode` can take this value, such as the id of its schema; null: nothing. */
  prepare?(value?: unknown): Promise<void> | null
  close?(): void
}

/** The record's bytes are not what the schema says. A whole sentence, which names no stream or shard. */
export function recordMalformed(message: string, cause?: unknown): ShardlineError {
  return new RecordError('RECORD_MALFORMED', message, { cause })
}

/** The same, where `what` are Flink's words, which say nothing of why: the cause does. */
export function recordMalformedBy(what: string, cause: unknown): ShardlineError {
  const why = (cause as Error).message.replace(/\.$/, '')
  return recordMalformed(`${what} ${why}.`, cause)
}

/** The value is not what the schema says. A whole sentence, with the path to the field where there is one. */
export function valueInvalid(message: string, cause?: unknown): ShardlineError {
  return new RecordError('VALUE_INVALID', message, { cause })
}
