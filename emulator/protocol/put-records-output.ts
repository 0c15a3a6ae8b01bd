// The response of PutRecords. It has the sequence number and the shard of each stored record, and the code and the message
// of each refused record.
//
// | a stored record in CBOR                  | bytes | |
// |------------------------------------------|-------|-|
// | map of 2                                 | 1     | |
// | "SequenceNumber", head of 56 digits      | 17    | |
// | the digits                               | 56    | |
// | "ShardId", head of 20, the id            | 29    | |
import { ARRAY, headLength, MAP, TEXT, writeHead } from '../encoding/cbor-head.ts'
import { encodeCbor } from '../encoding/cbor-writer.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import { INDEX_OFFSET, SEQUENCE_DIGITS, writeIndex } from '../store/sequence-number.ts'
import { shardIdOf } from '../store/shard.ts'
import type { Shard } from '../store/shard.ts'

/** The reason why one record was not stored. */
export interface RecordError {
  readonly code: string
  readonly message: string
}

/** The outcome for one record: it is stored in `shard` at `index`, or it is refused. */
export type PutOutcome = { readonly shard: Shard; readonly index: number } | RecordError

export interface PutRecordsOutput {
  readonly outcomes: readonly PutOutcome[]
  readonly encryptionType: 'NONE' | 'KMS'
}

const SHARD_ID_BYTES = shardIdOf(0).length

export function failedCount({ outcomes }: Pick<PutRecordsOutput, 'outcomes'>): number {
  return outcomes.reduce((sum, outcome) => ('code' in outcome ? sum + 1 : sum), 0)
}

export function putRecordsCbor(output: PutRecordsOutput): Buffer {
  const head = Buffer.concat([
    Buffer.of((MAP << 5) | 3),
    encodeCbor('EncryptionType'),
    encodeCbor(output.encryptionType),
    encodeCbor('FailedRecordCount'),
    encodeCbor(failedCount(output)),
    encodeCbor('Records'),
  ])
  const items = output.outcomes.map(outcome =>
    'code' in outcome ? encodeCbor(errorMembers(outcome)) : cborTemplate(outcome.shard),
  )
  const listBytes = headLength(items.length)
  const out = Buffer.allocUnsafe(head.length + listBytes + items.reduce((sum, item) => sum + item.length, 0))
  head.copy(out)
  let at = writeHead(out, head.length, ARRAY, items.length)
  output.outcomes.forEach((outcome, i) => {
    out.set(items[i]!, at)
    if (!('code' in outcome)) writeIndex(out, at + CBOR_DIGITS + INDEX_OFFSET, outcome.index)
    at += items[i]!.length
  })
  return out
}

export function putRecordsJson(output: PutRecordsOutput): Buffer {
  const records = output.outcomes.map(outcome =>
    'code' in outcome
      ? JSON.stringify(errorMembers(outcome))
      : `{"SequenceNumber":"${outcome.shard.sequence.format(outcome.index)}","ShardId":"${outcome.shard.id}"}`,
  )
  const { encryptionType } = output
  return Buffer.from(
    `{"EncryptionType":"${encryptionType}","FailedRecordCount":${failedCount(output)},"Records":[${records.join(',')}]}`,
    'utf8',
  )
}

/** Returns the response as values. */
export function putRecordsMembers(output: PutRecordsOutput): WireObject {
  const records = output.outcomes.map(outcome =>
    'code' in outcome
      ? errorMembers(outcome)
      : { SequenceNumber: outcome.shard.sequence.format(outcome.index), ShardId: outcome.shard.id },
  )
  return { EncryptionType: output.encryptionType, FailedRecordCount: failedCount(output), Records: records }
}

const errorMembers = ({ code, message }: RecordError): Record<string, string> => ({
  ErrorCode: code,
  ErrorMessage: message,
})

const CBOR_DIGITS = 1 + 15 + 2
const templates = new WeakMap<Shard, Buffer>()

/** Returns the item of a stored record with index 0. It is made once for each shard. */
function cborTemplate(shard: Shard): Buffer {
  let template = templates.get(shard)
  if (template === undefined) {
    template = Buffer.concat([
      Buffer.of((MAP << 5) | 2),
      encodeCbor('SequenceNumber'),
      Buffer.of((TEXT << 5) | 24, SEQUENCE_DIGITS),
      shard.sequence.template,
      encodeCbor('ShardId'),
      Buffer.of((TEXT << 5) | SHARD_ID_BYTES),
      Buffer.from(shard.id, 'latin1'),
    ])
    templates.set(shard, template)
  }
  return template
}
