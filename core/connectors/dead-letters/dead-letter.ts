/** A record that cannot be written, or that its schema cannot read, with the reason. */
import { hashKeyOf } from '../../aws/kinesis/put-records-codec.ts'
import type { RecordPosition } from '../../foundation/record-batch/record-positions.ts'
import type { Rejection } from '../async-sink/rejection.ts'

export interface DeadLetter {
  /** Of a record that cannot be written: the stream, or delivery stream, of the sink. Of one that cannot be read: its own. */
  readonly stream: string
  /** `RECORD_TOO_LARGE`, `VALIDATION_FAILED`, `VALUE_INVALID`, `RECORD_MALFORMED`, or the name of the service's error. */
  readonly code: string
  readonly message: string
  /** `null` when the record has no key, or when the key could not be determined. */
  readonly partitionKey: string | null
  /** Decimal. */
  readonly explicitHashKey: string | null
  /** Empty when the value was null. */
  readonly data: Buffer
  /** Where the record was read. `null` when that is not known, as after a restore. */
  readonly position: RecordPosition | null
}

/** The dead letter of an entry that a sink cannot write. */
export function deadLetterOfRejection(stream: string, { run, i, errorCode, message }: Rejection): DeadLetter {
  const [key, data] = [run.keyOffset[i]!, run.dataOffset[i]!]
  return {
    stream,
    code: errorCode,
    message,
    partitionKey: run.keyLength[i] === 0 ? null : run.keySlab.utf8Slice(key, key + run.keyLength[i]!),
    explicitHashKey: hashKeyOf(run, i),
    data: run.slab.subarray(data, data + run.dataLength[i]!),
    position: run.origin?.at(i) ?? null,
  }
}

/** The form of a dead letter in a file or a stream: one line of JSON, without the newline. `data` is base64. */
export function deadLetterToJson({ data, ...rest }: DeadLetter, atMs: number): string {
  return JSON.stringify({ time: new Date(atMs).toISOString(), ...rest, data: data.toString('base64') })
}
