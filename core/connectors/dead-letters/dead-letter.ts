/** Dead letters of entries that a sink cannot write, and the form that dead letters have in files and streams. */
import { hashKeyOf } from '../../aws/kinesis/put-records-codec.ts'
import type { DeadLetter } from '../../operators/dead-letter.ts'
import type { Rejection } from '../async-sink/rejection.ts'

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
