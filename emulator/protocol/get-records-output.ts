// The answer to GetRecords, assembled without an object a record.
//
// | a record in CBOR                                     | bytes |                                        |
// |------------------------------------------------------|-------|----------------------------------------|
// | map of 4                                             | 1     | constant                               |
// | "SequenceNumber", head of 56 digits                  | 17    | constant                               |
// | the digits                                           | 56    | constant for the shard but for 16      |
// | "ApproximateArrivalTimestamp", tag 1, head of 8      | 31    | constant                               |
// | epoch milliseconds                                   | 8     |                                        |
// | "PartitionKey"                                       | 13    | constant                               |
// | key, "Data", data                                    |       | as they lie in the segment             |
import { INDEX_OFFSET, writeIndex } from '../store/sequence-number.ts'
import type { RecordRange } from '../store/record-log.ts'
import type { Shard } from '../store/shard.ts'
import { ARRAY, headLength, MAP, TEXT, UNSIGNED, writeHead, writeUint64 } from './cbor-head.ts'
import { encodeCbor } from './cbor-writer.ts'
import { encodeJson } from './json.ts'
import type { WireObject } from './wire-value.ts'

/** What GetRecords answers: records of one shard, and the other members. */
export interface GetRecordsOutput {
  readonly shard: Shard
  readonly range: RecordRange
  readonly members: WireObject
}

const text = (value: string): Buffer => encodeCbor(value)
const RECORDS = text('Records')
const DIGITS = 1 + 15 + 2
const TIMESTAMP = DIGITS + 56 + 29 + 1 + 1
const HEADER_BYTES = TIMESTAMP + 8 + 13

export function getRecordsCbor({ shard, range, members }: GetRecordsOutput): Buffer {
  const others = encodeCbor(members)
  const memberCount = Object.values(members).filter(member => member !== undefined).length
  const header = recordHeader(shard)
  const bodyBytes = range.runs.reduce((sum, { segment, from, to }) => sum + segment.start(to) - segment.start(from), 0)
  const outerBytes = 1 + RECORDS.length + headLength(range.count) + others.length - 1
  const out = Buffer.allocUnsafe(outerBytes + range.count * HEADER_BYTES + bodyBytes)
  let at = writeHead(out, 0, MAP, memberCount + 1)
  out.set(RECORDS, at)
  at = writeHead(out, at + RECORDS.length, ARRAY, range.count)
  for (const { segment, from, to } of range.runs) {
    const { slab, firstIndex } = segment
    let start = segment.start(from)
    for (let i = from; i < to; i++) {
      const end = segment.start(i + 1)
      out.set(header, at)
      writeIndex(out, at + DIGITS + INDEX_OFFSET, firstIndex + i)
      writeUint64(out, at + TIMESTAMP, segment.arrivalMs(i))
      slab.copy(out, at + HEADER_BYTES, start, end)
      at += HEADER_BYTES + end - start
      start = end
    }
  }
  // The other members: their own map without its one-byte head.
  out.set(others.subarray(1), at)
  return out
}

export function getRecordsJson({ shard, range, members }: GetRecordsOutput): Buffer {
  const records: string[] = []
  for (const { segment, from, to } of range.runs) {
    const { slab } = segment
    for (let i = from; i < to; i++) {
      const key = JSON.stringify(slab.toString('utf8', segment.keyStart(i), segment.keyEnd(i)))
      const data = slab.toString('base64', segment.dataStart(i), segment.dataEnd(i))
      records.push(
        `{"SequenceNumber":"${shard.sequence.format(segment.firstIndex + i)}",` +
          `"ApproximateArrivalTimestamp":${segment.arrivalMs(i) / 1000},"Data":"${data}","PartitionKey":${key}}`,
      )
    }
  }
  const others = encodeJson(members).toString('utf8').slice(1)
  return Buffer.from(`{"Records":[${records.join(',')}]${others === '}' ? '' : ','}${others}`, 'utf8')
}

/** The answer as values; the data are the stored bytes themselves, not a copy. */
export function getRecordsMembers({ shard, range, members }: GetRecordsOutput): WireObject {
  return { Records: recordMembers(shard, range), ...members }
}

export function recordMembers(shard: Shard, { runs }: RecordRange): WireObject[] {
  return runs.flatMap(({ segment, from, to }) =>
    Array.from({ length: to - from }, (_, k) => {
      const i = from + k
      return {
        SequenceNumber: shard.sequence.format(segment.firstIndex + i),
        ApproximateArrivalTimestamp: new Date(segment.arrivalMs(i)),
        Data: segment.slab.subarray(segment.dataStart(i), segment.dataEnd(i)),
        PartitionKey: segment.slab.toString('utf8', segment.keyStart(i), segment.keyEnd(i)),
      }
    }),
  )
}

function recordHeader(shard: Shard): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  let at = writeHead(header, 0, MAP, 4)
  at += text('SequenceNumber').copy(header, at)
  at = writeHead(header, at, TEXT, shard.sequence.template.length)
  at += shard.sequence.template.copy(header, at)
  at += text('ApproximateArrivalTimestamp').copy(header, at)
  header[at++] = 0xc1
  header[at++] = (UNSIGNED << 5) | 27
  text('PartitionKey').copy(header, at + 8)
  return header
}
