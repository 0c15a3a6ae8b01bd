/** GetRecords answers and events of SubscribeToShard in JSON. The slab of the batch is filled from the base64 of the body. */
import { isUtf8 } from 'node:buffer'

import {
  InvalidAnswer,
  list,
  object,
  optionalCount,
  optionalDecimal,
  optionalText,
  text,
} from '../service/answer-checks.ts'
import { toChildShards } from './get-records-result.ts'
import type { GetRecordsResult, SubscriptionEvent } from './get-records-result.ts'
import { checkSequence, RecordColumns } from './record-columns.ts'

interface JsonRecord {
  readonly Data: string
  readonly PartitionKey: string
  readonly SequenceNumber: string
  readonly ApproximateArrivalTimestamp: number | null
}

export function decodeGetRecordsJson(body: Buffer, stream: string, shardId: string): GetRecordsResult {
  const answer = object(parseJson(body), 'the answer')
  return {
    ...readJsonAnswer(answer, stream, shardId),
    nextShardIterator: optionalText(answer['NextShardIterator'], 'NextShardIterator'),
  }
}

/** One event of SubscribeToShard. Events are always JSON. */
export function decodeSubscriptionEvent(body: Uint8Array, stream: string, shardId: string): SubscriptionEvent {
  const event = object(parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength)), 'the event')
  return {
    ...readJsonAnswer(event, stream, shardId),
    continuationSequenceNumber: optionalDecimal(event['ContinuationSequenceNumber'], 'ContinuationSequenceNumber'),
  }
}

function readJsonAnswer(
  answer: Readonly<Record<string, unknown>>,
  stream: string,
  shardId: string,
): Omit<GetRecordsResult, 'nextShardIterator'> {
  // An answer without Records is not an empty one: it would end the shard.
  const records = list(answer['Records'], 'Records').map(toJsonRecord)
  const columns = new RecordColumns(records.length)
  let bytes = 0
  for (const r of records) bytes += ((r.Data.length * 3) >> 2) + 3 * r.PartitionKey.length + r.SequenceNumber.length
  const slab = Buffer.allocUnsafe(bytes)
  let at = 0
  records.forEach((r, n) => {
    columns.dataOffset[n] = at
    const length = slab.write(r.Data, at, 'base64')
    // The decoder skips characters that are not base64.
    if (length !== base64Length(r.Data)) throw new InvalidAnswer(`Records[${n}].Data is not base64`)
    at += columns.dataLength[n] = length
    columns.keyOffset[n] = at
    at += columns.keyLength[n] = slab.write(r.PartitionKey, at, 'utf8')
    columns.sequenceOffset[n] = at
    at += columns.sequenceLength[n] = slab.write(r.SequenceNumber, at, 'latin1')
    columns.arrival[n] = Math.round((r.ApproximateArrivalTimestamp ?? 0) * 1000)
  })
  checkSequence(columns, records.length, slab)
  return {
    batch: columns.toBatch(records.length, slab, stream, shardId),
    millisBehindLatest: optionalCount(answer['MillisBehindLatest'], 'MillisBehindLatest'),
    childShards: toChildShards(answer['ChildShards']),
  }
}

function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new InvalidAnswer('it is not UTF-8')
  return JSON.parse(body.toString('utf8'))
}

function toJsonRecord(value: unknown, n: number): JsonRecord {
  const { Data, PartitionKey, SequenceNumber, ApproximateArrivalTimestamp } = object(value, `Records[${n}]`)
  if (typeof Data !== 'string') throw new InvalidAnswer(`Records[${n}].Data is missing, or not text`)
  return {
    Data,
    PartitionKey: text(PartitionKey, `Records[${n}].PartitionKey`),
    SequenceNumber: text(SequenceNumber, `Records[${n}].SequenceNumber`),
    ApproximateArrivalTimestamp: optionalCount(
      ApproximateArrivalTimestamp,
      `Records[${n}].ApproximateArrivalTimestamp`,
    ),
  }
}

/** How many bytes base64 text with padding encodes. */
function base64Length(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return Math.floor(((base64.length - padding) * 3) / 4)
}
