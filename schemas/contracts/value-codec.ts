/**
 * The interfaces that each schema implements: one record's bytes to its value and back. Codecs do not know the stream or shard. The
 * caller adds them to errors.
 */
import { RecordError } from '../../core/foundation/errors.ts'
import type { ShardlineError } from '../../core/foundation/errors.ts'
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

export interface ValueDecoder {
  /** The type of the values, for the transfer to another language. `null` when each value determines its own type. */
  readonly type: TypeSpec | null
  /**
   * Returns the value. A record whose value is undefined or null is skipped. The record is a view of shared memory: copy the
   * bytes that the value keeps.
   *
   * @throws ShardlineError RECORD_MALFORMED
   */
  decode(record: Buffer): unknown
  /**
   * Prepares `decode` for this record, such as by fetching the schema that it was written with. `null` when nothing must be awaited.
   * Rejects with RECORD_MALFORMED or SCHEMA_NOT_FOUND when the record is the cause.
   */
  prepare?(record: Buffer): Promise<void> | null
  close?(): void
}

export interface ValueEncoder {
  /** Whether `encode` accepts null. Most of Flink's schemas have no bytes for null, and null is VALUE_INVALID there. */
  readonly takesNull?: boolean
  /** Returns a buffer that is not written to again. @throws ShardlineError VALUE_INVALID */
  encode(value: unknown): Buffer
  /** Prepares `encode` for this value, such as by fetching the id of its schema. `null` when nothing must be awaited. */
  prepare?(value?: unknown): Promise<void> | null
  close?(): void
}

/** The record does not conform to the schema. `message` is a sentence that does not name the stream or shard. */
export function recordMalformed(message: string, cause?: unknown): ShardlineError {
  return new RecordError('RECORD_MALFORMED', message, { cause })
}

/** The same with Flink's message, `what`, followed by the message of the cause. */
export function recordMalformedBy(what: string, cause: unknown): ShardlineError {
  const why = (cause as Error).message.replace(/\.$/, '')
  return recordMalformed(`${what} ${why}.`, cause)
}

/** The value does not conform to the schema. `message` is a sentence with the path to the field, if any. */
export function valueInvalid(message: string, cause?: unknown): ShardlineError {
  return new RecordError('VALUE_INVALID', message, { cause })
}
