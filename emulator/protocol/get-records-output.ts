// The response of GetRecords. It is written without an object for each record.
//
// | a record in CBOR                                     | bytes |                                        |
// |------------------------------------------------------|-------|----------------------------------------|
// | map of 3 to 5                                        | 1     | constant for the segment               |
// | "SequenceNumber", head of 56 digits                  | 17    | constant                               |
// | the digits                                           | 56    | all but 16 are constant for the shard  |
// | "ApproximateArrivalTimestamp", tag 1, head of 8      | 31    | constant                               |
// | epoch milliseconds                                   | 8     |                                        |
// | "EncryptionType", "KMS"                              | 19    | only in a segment that is encrypted    |
// | "PartitionKey"                                       | 13    | not in a segment without keys          |
// | key, "Data", data                                    |       | copied from the segment                |
import { ARRAY, headLength, MAP, TEXT, UNSIGNED, writeHead, writeUint64 } from '../encoding/cbor-head.ts'
import { encodeCbor } from '../encoding/cbor-writer.ts'
import { encodeJson } from '../encoding/json.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import { INDEX_OFFSET, writeIndex } from '../store/sequence-number.ts'
import type { RecordRange } from '../store/record-log.ts'
import type { SegmentKind } from '../store/segment.ts'
import type { Shard } from '../store/shard.ts'

/** The response of GetRecords: records of one shard, and the other members. */
export interface GetRecordsOutput {
  readonly shard: Shard
  readonly range: RecordRange
  readonly members: WireObject
}

const text = (value: string): Buffer => encodeCbor(value)
const RECORDS = text('Records')
const DIGITS = 1 + 15 + 2
const TIMESTAMP = DIGITS + 56 + 29 + 1 + 1

export function getRecordsCbor({ shard, range, members }: GetRecordsOutput): Buffer {
  const others = encodeCbor(members)
  const memberCount = Object.values(members).filter(member => member !== undefined).length
  const headers = range.runs.map(({ segment }) => recordHeader(shard, segment.kind))
  let bytes = 1 + RECORDS.length + headLength(range.count) + others.length - 1
  range.runs.forEach(({ segment, from, to }, run) => {
    bytes +=
      segment.start(to) - segment.start(from) + (to - from) * (headers[run]!.length - unusedKeyBytes(segment.kind))
  })
  const out = Buffer.allocUnsafe(bytes)
  let at = writeHead(out, 0, MAP, memberCount + 1)
  out.set(RECORDS, at)
  at = writeHead(out, at + RECORDS.length, ARRAY, range.count)
  range.runs.forEach(({ segment, from, to }, run) => {
    const { slab, firstIndex, kind } = segment
    const header = headers[run]!
    const headerBytes = header.length
    const unused = unusedKeyBytes(kind)
    let start = segment.start(from)
    for (let i = from; i < to; i++) {
      const end = segment.start(i + 1)
      out.set(header, at)
      writeIndex(out, at + DIGITS + INDEX_OFFSET, firstIndex + i)
      writeUint64(out, at + TIMESTAMP, segment.arrivalMs(i))
      slab.copy(out, at + headerBytes, start + unused, end)
      at += headerBytes + end - start - unused
      start = end
    }
  })
  // The other members follow. The head of their map, one byte, is left out.
  out.set(others.subarray(1), at)
  return out
}

/** A record without a key has no PartitionKey member, although the slab holds the head of an empty key. */
const unusedKeyBytes = ({ keyless }: SegmentKind): number => (keyless ? 1 : 0)

export function getRecordsJson({ shard, range, members }: GetRecordsOutput): Buffer {
  const records: string[] = []
  for (const { segment, from, to } of range.runs) {
    const { slab, kind } = segment
    const encryption = kind.encrypted ? ',"EncryptionType":"KMS"' : ''
    for (let i = from; i < to; i++) {
      const key = JSON.stringify(slab.toString('utf8', segment.keyStart(i), segment.keyEnd(i)))
      const data = slab.toString('base64', segment.dataStart(i), segment.dataEnd(i))
      records.push(
        `{"SequenceNumber":"${shard.sequence.format(segment.firstIndex + i)}",` +
          `"ApproximateArrivalTimestamp":${segment.arrivalMs(i) / 1000},"Data":"${data}"` +
          `${kind.keyless ? '' : `,"PartitionKey":${key}`}${encryption}}`,
      )
    }
  }
  const others = encodeJson(members).toString('utf8').slice(1)
  return Buffer.from(`{"Records":[${records.join(',')}]${others === '}' ? '' : ','}${others}`, 'utf8')
}

/** Returns the response as values. The data are the stored bytes, not a copy. */
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
        ...(segment.kind.keyless
          ? {}
          : { PartitionKey: segment.slab.toString('utf8', segment.keyStart(i), segment.keyEnd(i)) }),
        ...(segment.kind.encrypted ? { EncryptionType: 'KMS' } : {}),
      }
    }),
  )
}

function recordHeader(shard: Shard, { encrypted, keyless }: SegmentKind): Buffer {
  const head = Buffer.alloc(TIMESTAMP)
  let at = writeHead(head, 0, MAP, 3 + (encrypted ? 1 : 0) + (keyless ? 0 : 1))
  at += text('SequenceNumber').copy(head, at)
  at = writeHead(head, at, TEXT, shard.sequence.template.length)
  at += shard.sequence.template.copy(head, at)
  at += text('ApproximateArrivalTimestamp').copy(head, at)
  head[at++] = 0xc1
  head[at] = (UNSIGNED << 5) | 27
  const parts: Buffer[] = [head, Buffer.alloc(8)]
  if (encrypted) parts.push(text('EncryptionType'), text('KMS'))
  if (!keyless) parts.push(text('PartitionKey'))
  return Buffer.concat(parts)
}
