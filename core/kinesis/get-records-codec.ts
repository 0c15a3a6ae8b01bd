/**
 * GetRecords answers, decoded straight into columns: the response body is the slab (CBOR), or the slab is filled from the
 * body's base64 (JSON). Both give the same `GetRecordsResult`. Benchmark: `npm run bench`, passthrough rows.
 */
import { RecordBatch } from '../record-batch/record-batch.ts'
import { RecordPositions } from '../record-batch/record-positions.ts'
import { CborReader } from './cbor.ts'

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

/** Field names of a record, by the length of the name: no two that matter share one. */
const DATA = 'Data'.length
const PARTITION_KEY = 'PartitionKey'.length
const SEQUENCE_NUMBER = 'SequenceNumber'.length
const ARRIVAL = 'ApproximateArrivalTimestamp'.length

export function decodeGetRecordsCbor(body: Buffer, stream: string, shardId: string): GetRecordsResult {
  const reader = new CborReader(body)
  let batch: RecordBatch | null = null
  let nextShardIterator: string | null = null
  let millisBehindLatest: number | null = null
  let childShards: ChildShard[] = []
  if (reader.head() !== 5) throw new RangeError('a GetRecords answer is not a map')
  const fields = reader.argument
  for (let i = 0; fields < 0 ? !reader.atBreak() : i < fields; i++) {
    const name = reader.value() as string
    if (name === 'Records') batch = readRecords(reader, stream, shardId)
    else if (name === 'NextShardIterator') nextShardIterator = reader.value() as string | null
    else if (name === 'MillisBehindLatest') millisBehindLatest = reader.value() as number | null
    else if (name === 'ChildShards') childShards = toChildShards(reader.value())
    else reader.skip()
  }
  // Not an answer with no records: taken for one, it would end the shard.
  if (batch === null) throw new RangeError('a GetRecords answer has no Records')
  return { batch, nextShardIterator, millisBehindLatest, childShards }
}

function readRecords(reader: CborReader, stream: string, shardId: string): RecordBatch {
  if (reader.head() !== 4) throw new RangeError('Records is not an array')
  const declared = reader.argument
  // A record takes 8 bytes at the very least: what a broken head declares is not believed beyond that.
  const columns = new Columns(declared >= 0 ? Math.min(declared, reader.buffer.length >> 3) : 1024)
  let n = 0
  for (; declared < 0 ? !reader.atBreak() : n < declared; n++) {
    if (n === columns.capacity) columns.grow()
    if (reader.head() !== 5) throw new RangeError('a record is not a map')
    const fields = reader.argument
    for (let f = 0; fields < 0 ? !reader.atBreak() : f < fields; f++) {
      if (reader.head() !== 3 || reader.argument < 0) throw new RangeError('a field name is not text')
      const nameLength = reader.argument
      reader.at += nameLength
      if (nameLength === ARRIVAL) {
        columns.arrival[n] = reader.timestampMs()
        continue
      }
      if (nameLength !== DATA && nameLength !== PARTITION_KEY && nameLength !== SEQUENCE_NUMBER) {
        reader.skip()
        continue
      }
      const major = reader.head()
      const length = reader.argument
      if (nameLength === DATA && major !== BYTE_STRING) throw new RangeError('Data is not a byte string')
      if (length < 0) throw new RangeError('a string of indefinite length in a record')
      const offset = reader.at
      reader.at += length
      if (nameLength === DATA) {
        columns.dataOffset[n] = offset
        columns.dataLength[n] = length
      } else if (nameLength === PARTITION_KEY) {
        columns.keyOffset[n] = offset
        columns.keyLength[n] = length
      } else {
        columns.sequenceOffset[n] = offset
        columns.sequenceLength[n] = length
      }
    }
  }
  if (reader.at > reader.buffer.length) throw new RangeError('a GetRecords answer ends too early')
  return columns.toBatch(n, reader.buffer, stream, shardId)
}

interface JsonRecord {
  readonly Data: string
  readonly PartitionKey: string
  readonly SequenceNumber: string
  readonly ApproximateArrivalTimestamp?: number
}

interface JsonAnswer {
  readonly Records?: readonly JsonRecord[]
  readonly MillisBehindLatest?: number | null
  readonly ChildShards?: unknown
}

export function decodeGetRecordsJson(body: Buffer, stream: string, shardId: string): GetRecordsResult {
  const answer = JSON.parse(body.toString('utf8')) as JsonAnswer & { readonly NextShardIterator?: string | null }
  return {
    ...readJsonAnswer(answer, stream, shardId, 'a GetRecords answer'),
    nextShardIterator: answer.NextShardIterator ?? null,
  }
}

/** One event of SubscribeToShard, which is JSON always. */
export function decodeSubscriptionEvent(body: Uint8Array, stream: string, shardId: string): SubscriptionEvent {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const event = JSON.parse(text) as JsonAnswer & { readonly ContinuationSequenceNumber?: string | null }
  return {
    ...readJsonAnswer(event, stream, shardId, 'an event of SubscribeToShard'),
    continuationSequenceNumber: event.ContinuationSequenceNumber ?? null,
  }
}

function readJsonAnswer(
  answer: JsonAnswer,
  stream: string,
  shardId: string,
  what: string,
): Omit<GetRecordsResult, 'nextShardIterator'> {
  const records = answer.Records
  // Not an answer with no records: taken for one, it would end the shard.
  if (records === undefined) throw new RangeError(`${what} has no Records`)
  const columns = new Columns(records.length)
  let bytes = 0
  for (const r of records) bytes += ((r.Data.length * 3) >> 2) + 3 * r.PartitionKey.length + r.SequenceNumber.length
  const slab = Buffer.allocUnsafe(bytes)
  let at = 0
  records.forEach((r, n) => {
    columns.dataOffset[n] = at
    at += columns.dataLength[n] = slab.write(r.Data, at, 'base64')
    columns.keyOffset[n] = at
    at += columns.keyLength[n] = slab.write(r.PartitionKey, at, 'utf8')
    columns.sequenceOffset[n] = at
    at += columns.sequenceLength[n] = slab.write(r.SequenceNumber, at, 'latin1')
    columns.arrival[n] = Math.round((r.ApproximateArrivalTimestamp ?? 0) * 1000)
  })
  return {
    batch: columns.toBatch(records.length, slab, stream, shardId),
    millisBehindLatest: answer.MillisBehindLatest ?? null,
    childShards: toChildShards(answer.ChildShards),
  }
}

function toChildShards(value: unknown): ChildShard[] {
  if (!Array.isArray(value)) return []
  return (
    value as {
      ShardId: string
      ParentShards?: string[]
      HashKeyRange: { StartingHashKey: string; EndingHashKey: string }
    }[]
  ).map(shard => ({
    shardId: shard.ShardId,
    parentShards: shard.ParentShards ?? [],
    startingHashKey: shard.HashKeyRange.StartingHashKey,
    endingHashKey: shard.HashKeyRange.EndingHashKey,
  }))
}
