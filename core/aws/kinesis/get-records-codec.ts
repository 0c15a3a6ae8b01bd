/**
 * GetRecords answers, decoded straight into columns: the response body is the slab (CBOR), or the slab is filled from the
 * body's base64 (JSON). Both give the same `GetRecordsResult`. Benchmark: `npm run bench`, passthrough rows.
 */
import { isUtf8 } from 'node:buffer'

import { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { RecordPositions } from '../../foundation/record-batch/record-positions.ts'
import {
  decimal,
  InvalidAnswer,
  list,
  object,
  optionalCount,
  optionalDecimal,
  optionalText,
  text,
} from '../service/answer-checks.ts'
import { CborReader } from '../service/cbor.ts'
import { checkAscending } from './sequence-numbers.ts'

export interface ChildShard {
  readonly shardId: string
  readonly parentShards: readonly string[]
  readonly startingHashKey: string
  readonly endingHashKey: string
}

/** One event of a subscription: an answer as of GetRecords, without an iterator. */
export interface SubscriptionEvent {
  /** Payload `bytes`; often empty. */
  readonly batch: RecordBatch
  /** Where the next subscription goes on; null: the shard has ended. */
  readonly continuationSequenceNumber: string | null
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
}

export interface GetRecordsResult {
  /** Payload `bytes`; `timestamp` is each record's ApproximateArrivalTimestamp. */
  readonly batch: RecordBatch
  /** null: the shard has ended. */
  readonly nextShardIterator: string | null
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
}

/** Columns while they grow. */
class Columns {
  dataOffset: Uint32Array
  dataLength: Uint32Array
  keyOffset: Uint32Array
  keyLength: Uint32Array
  sequenceOffset: Uint32Array
  sequenceLength: Uint32Array
  arrival: Float64Array
  capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
    this.dataOffset = new Uint32Array(capacity)
    this.dataLength = new Uint32Array(capacity)
    this.keyOffset = new Uint32Array(capacity)
    this.keyLength = new Uint32Array(capacity)
    this.sequenceOffset = new Uint32Array(capacity)
    this.sequenceLength = new Uint32Array(capacity)
    this.arrival = new Float64Array(capacity)
  }

  grow(): void {
    const larger = new Columns(Math.max(16, this.capacity * 2))
    larger.dataOffset.set(this.dataOffset)
    larger.dataLength.set(this.dataLength)
    larger.keyOffset.set(this.keyOffset)
    larger.keyLength.set(this.keyLength)
    larger.sequenceOffset.set(this.sequenceOffset)
    larger.sequenceLength.set(this.sequenceLength)
    larger.arrival.set(this.arrival)
    Object.assign(this, larger)
  }

  toBatch(count: number, slab: Buffer, stream: string, shardId: string): RecordBatch {
    const end = count
    return RecordBatch.ofSlab(
      'bytes',
      { slab, dataOffset: this.dataOffset.subarray(0, end), dataLength: this.dataLength.subarray(0, end) },
      {
        timestamp: this.arrival.subarray(0, end),
        positions: new RecordPositions({
          stream,
          shardId,
          slab,
          keyOffset: this.keyOffset,
          keyLength: this.keyLength,
          sequenceOffset: this.sequenceOffset,
          sequenceLength: this.sequenceLength,
        }),
      },
    )
  }
}

const BYTE_STRING = 2
const TEXT = 3

/**
 * Field names of a record, by the length of the name and its first four letters. The length alone does not tell them apart:
 * `EncryptionType` is as long as `SequenceNumber`.
 */
const DATA = 'Data'
const PARTITION_KEY = 'PartitionKey'
const SEQUENCE_NUMBER = 'SequenceNumber'
const ARRIVAL = 'ApproximateArrivalTimestamp'
const firstFour = (name: string): number => Buffer.from(name).readUInt32BE(0)
const DATA_LETTERS = firstFour(DATA)
const PARTITION_KEY_LETTERS = firstFour(PARTITION_KEY)
const SEQUENCE_NUMBER_LETTERS = firstFour(SEQUENCE_NUMBER)
const ARRIVAL_LETTERS = firstFour(ARRIVAL)

/** Bits of the fields that a record must have, each once. */
const HAS_DATA = 1
const HAS_PARTITION_KEY = 2
const HAS_SEQUENCE_NUMBER = 4
const HAS_ALL = 7

/** What a JavaScript date can hold. */
const MAX_TIME_MS = 8.64e15

export function decodeGetRecordsCbor(body: Buffer, stream: string, shardId: string): GetRecordsResult {
  const reader = new CborReader(body)
  let batch: RecordBatch | null = null
  let nextShardIterator: string | null = null
  let millisBehindLatest: number | null = null
  let childShards: ChildShard[] = []
  if (reader.head() !== 5) throw new InvalidAnswer('it is not a map')
  const fields = reader.argument
  for (let i = 0; fields < 0 ? !reader.atBreak() : i < fields; i++) {
    const name = text(reader.value(), 'the name of a field')
    if (name === 'Records') batch = readRecords(reader, stream, shardId)
    else if (name === 'NextShardIterator') nextShardIterator = optionalText(reader.value(), name)
    else if (name === 'MillisBehindLatest') millisBehindLatest = optionalCount(reader.value(), name)
    else if (name === 'ChildShards') childShards = toChildShards(reader.value())
    else reader.skip()
  }
  if (reader.at !== body.length) throw new InvalidAnswer('bytes follow its end, or are missing')
  // Not an answer with no records: taken for one, it would end the shard.
  if (batch === null) throw new InvalidAnswer('Records is missing')
  return { batch, nextShardIterator, millisBehindLatest, childShards }
}

function readRecords(reader: CborReader, stream: string, shardId: string): RecordBatch {
  if (reader.head() !== 4) throw new InvalidAnswer('Records is not a list')
  const declared = reader.argument
  // A record takes 8 bytes at the very least: what a broken head declares is not believed beyond that.
  const columns = new Columns(declared >= 0 ? Math.min(declared, reader.buffer.length >> 3) : 1024)
  let n = 0
  for (; declared < 0 ? !reader.atBreak() : n < declared; n++) {
    if (n === columns.capacity) columns.grow()
    if (reader.head() !== 5) throw new InvalidAnswer(`Records[${n}] is not a map`)
    const fields = reader.argument
    let has = 0
    for (let f = 0; fields < 0 ? !reader.atBreak() : f < fields; f++) {
      if (reader.head() !== TEXT || reader.argument < 0)
        throw new InvalidAnswer(`a field name of Records[${n}] is not text`)
      const nameLength = reader.argument
      const letters = nameLength < 4 ? 0 : reader.uint32(reader.at)
      reader.at += nameLength
      if (letters === ARRIVAL_LETTERS && nameLength === ARRIVAL.length) {
        const arrivalMs = reader.timestampMs()
        if (!(Math.abs(arrivalMs) < MAX_TIME_MS)) throw new InvalidAnswer(`${ARRIVAL} of Records[${n}] is not a time`)
        columns.arrival[n] = arrivalMs
        continue
      }
      const field =
        letters === DATA_LETTERS && nameLength === DATA.length
          ? HAS_DATA
          : letters === PARTITION_KEY_LETTERS && nameLength === PARTITION_KEY.length
            ? HAS_PARTITION_KEY
            : letters === SEQUENCE_NUMBER_LETTERS && nameLength === SEQUENCE_NUMBER.length
              ? HAS_SEQUENCE_NUMBER
              : 0
      if (field === 0) {
        reader.skip()
        continue
      }
      const major = reader.head()
      const length = reader.argument
      if (major !== (field === HAS_DATA ? BYTE_STRING : TEXT) || length < 0 || (has & field) !== 0)
        throw new InvalidAnswer(`Records[${n}] is damaged`)
      has |= field
      const offset = reader.at
      reader.at += length
      if (field === HAS_DATA) {
        columns.dataOffset[n] = offset
        columns.dataLength[n] = length
      } else if (field === HAS_PARTITION_KEY) {
        columns.keyOffset[n] = offset
        columns.keyLength[n] = length
      } else {
        columns.sequenceOffset[n] = offset
        columns.sequenceLength[n] = length
      }
    }
    if (has !== HAS_ALL) throw new InvalidAnswer(`Records[${n}] lacks Data, PartitionKey or SequenceNumber`)
  }
  if (reader.at > reader.buffer.length) throw new InvalidAnswer('it ends too early')
  checkSequence(columns, n, reader.buffer)
  return columns.toBatch(n, reader.buffer, stream, shardId)
}

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

/** One event of SubscribeToShard, which is JSON always. */
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
  // Without Records it is not an answer with no records: taken for one, it would end the shard.
  const records = list(answer['Records'], 'Records').map(toJsonRecord)
  const columns = new Columns(records.length)
  let bytes = 0
  for (const r of records) bytes += ((r.Data.length * 3) >> 2) + 3 * r.PartitionKey.length + r.SequenceNumber.length
  const slab = Buffer.allocUnsafe(bytes)
  let at = 0
  records.forEach((r, n) => {
    columns.dataOffset[n] = at
    const length = slab.write(r.Data, at, 'base64')
    // The decoder leaves out what is not base64.
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
    ApproximateArrivalTimestamp: optionalCount(ApproximateArrivalTimestamp, `Records[${n}].${ARRIVAL}`),
  }
}

/** Bytes that base64 with padding stands for. */
function base64Length(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return Math.floor(((base64.length - padding) * 3) / 4)
}

function checkSequence(columns: Columns, count: number, slab: Buffer): void {
  const fault = checkAscending(slab, columns.sequenceOffset, columns.sequenceLength, count)
  if (fault !== null)
    throw new InvalidAnswer(
      `Records[${fault.index}].SequenceNumber ${fault.why === 'not-decimal' ? 'is not a decimal number' : 'is not after the one before it'}`,
    )
}

function toChildShards(value: unknown): ChildShard[] {
  if (value === undefined || value === null) return []
  return list(value, 'ChildShards').map((child, i) => {
    const field = `ChildShards[${i}]`
    const { ShardId, ParentShards, HashKeyRange } = object(child, field)
    const range = object(HashKeyRange, `${field}.HashKeyRange`)
    return {
      shardId: text(ShardId, `${field}.ShardId`),
      parentShards: list(ParentShards ?? [], `${field}.ParentShards`).map(id => text(id, `${field}.ParentShards`)),
      startingHashKey: decimal(range['StartingHashKey'], `${field}.HashKeyRange.StartingHashKey`),
      endingHashKey: decimal(range['EndingHashKey'], `${field}.HashKeyRange.EndingHashKey`),
    }
  })
}
