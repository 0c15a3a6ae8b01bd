/**
 * Records that the Kinesis Producer Library packed several to one, unpacked as Amazon's consumer library does.
 *
 *   F3 89 9A C2 | protobuf AggregatedRecord | MD5 of the protobuf bytes, 16 bytes
 *
 *   AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3 }
 *   Record           { uint64 partition_key_index = 1; uint64 explicit_hash_key_index = 2 (optional); bytes data = 3; tags = 4 }
 *
 * What does not look like this in every part is a record like any other. An aggregate with a record whose hash key is outside
 * the shard is dropped whole: its producer saw that it went to the wrong shard, and sends it again. No data is copied: the
 * unpacked records lie in the slab that the aggregate lies in. Source: aggregation-format.md of the amazon-kinesis-producer.
 */
import { createHash } from 'node:crypto'

import { ServiceError } from '../errors.ts'
import { RecordBatch } from '../record-batch/record-batch.ts'
import { RecordPositions } from '../record-batch/record-positions.ts'

export interface HashKeyRange {
  /** Both ends inclusive. */
  readonly starting: bigint
  readonly ending: bigint
}

export interface Deaggregated {
  readonly batch: RecordBatch
  /** Records of the stream that were aggregates. */
  readonly aggregates: number
  /** Of these, how many were dropped because their producer sends them again. */
  readonly dropped: number
}

export const AGGREGATE_MAGIC = 0xf3899ac2
export const MD5_BYTES = 16
const MIN_BYTES = 4 + MD5_BYTES + 1

/** Whether record `i` begins as an aggregate does. */
export function looksAggregated(batch: RecordBatch, i: number): boolean {
  return begins(batch.slab, batch.dataOffset[i]!, batch.dataLength[i]!)
}

/** A record within an aggregate. */
export interface PackedRecord {
  /** UTF-8. */
  readonly partitionKey: Buffer
  /** Decimal; null: the partition key says the shard. */
  readonly explicitHashKey: string | null
  readonly data: Buffer
}

/** `range`: that of the shard; null: not known, and nothing is dropped. @throws ServiceError RESPONSE_INVALID */
export function deaggregate(batch: RecordBatch, range: HashKeyRange | null): Deaggregated {
  let first = 0
  while (first < batch.count && !looksAggregated(batch, first)) first++
  if (first === batch.count) return { batch, aggregates: 0, dropped: 0 }
  const out = new UnpackedColumns(batch)
  let aggregates = 0
  let dropped = 0
  for (let i = 0; i < batch.count; i++) {
    const aggregate = looksAggregated(batch, i) ? readAggregate(batch, i) : null
    if (aggregate === null) {
      out.addWhole(i)
      continue
    }
    aggregates++
    if (range === null || within(aggregate, range, batch.slab)) out.addAll(i, aggregate)
    else dropped++
  }
  return { batch: out.toBatch(), aggregates, dropped }
}

interface Slice {
  readonly offset: number
  readonly length: number
}

interface UserRecord {
  readonly key: number
  /** -1: none. */
  readonly hashKey: number
  readonly data: Slice
}

interface Aggregate {
  readonly keys: readonly Slice[]
  readonly hashKeys: readonly Slice[]
  readonly records: readonly UserRecord[]
}

/** null: not an aggregate after all. */
function readAggregate(batch: RecordBatch, i: number): Aggregate | null {
  const { slab } = batch
  const aggregate = parseAggregate(slab, batch.dataOffset[i]!, batch.dataLength[i]!)
  if (aggregate === null) return null
  const broken = brokenRecord(aggregate, slab)
  if (broken >= 0) {
    const position = batch.positions?.at(i)
    throw new ServiceError(
      'RESPONSE_INVALID',
      `The aggregated record at stream ${position?.stream ?? '?'}, ${position?.shardId ?? '?'}, sequence number ${position?.sequenceNumber ?? '?'} is broken: its record ${broken} names a key that is not in its table, or is no hash key. Whatever wrote it is at fault; turn source.deaggregate off to read it as it is.`,
      { details: { ...position } },
    )
  }
  return aggregate
}

/** Index of a record that names a key which is not in its table, or is no hash key; -1: there is none. */
function brokenRecord({ keys, hashKeys, records }: Aggregate, slab: Buffer): number {
  return records.findIndex(
    r =>
      r.key >= keys.length ||
      r.hashKey >= hashKeys.length ||
      (r.hashKey >= 0 && !/^\d{1,39}$/.test(textOf(hashKeys[r.hashKey]!, slab))),
  )
}

function begins(slab: Buffer, offset: number, length: number): boolean {
  return length >= MIN_BYTES && slab.readUInt32BE(offset) === AGGREGATE_MAGIC
}

/** null: its sum or its form is wrong. */
function parseAggregate(slab: Buffer, offset: number, length: number): Aggregate | null {
  const from = offset + 4
  const to = offset + length - MD5_BYTES
  const md5 = createHash('md5').update(slab.subarray(from, to)).digest()
  if (slab.compare(md5, 0, MD5_BYTES, to, to + MD5_BYTES) !== 0) return null
  try {
    return parse(slab, from, to)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The records of an aggregate, which share its slab. null: it is none, or none that anybody could unpack. */
export function readUserRecords(slab: Buffer, offset: number, length: number): PackedRecord[] | null {
  const aggregate = begins(slab, offset, length) ? parseAggregate(slab, offset, length) : null
  if (aggregate === null || aggregate.records.length === 0 || brokenRecord(aggregate, slab) >= 0) return null
  const bytes = (slice: Slice): Buffer => slab.subarray(slice.offset, slice.offset + slice.length)
  return aggregate.records.map(({ key, hashKey, data }) => ({
    partitionKey: bytes(aggregate.keys[key]!),
    explicitHashKey: hashKey < 0 ? null : textOf(aggregate.hashKeys[hashKey]!, slab),
    data: bytes(data),
  }))
}

function within({ keys, hashKeys, records }: Aggregate, { starting, ending }: HashKeyRange, slab: Buffer): boolean {
  const ofKey = new Map<number, bigint>()
  return records.every(({ key, hashKey }) => {
    let hash: bigint | undefined
    if (hashKey >= 0) hash = BigInt(textOf(hashKeys[hashKey]!, slab))
    else if ((hash = ofKey.get(key)) === undefined) {
      const { offset, length } = keys[key]!
      const md5 = createHash('md5')
        .update(slab.subarray(offset, offset + length))
        .digest('hex')
      ofKey.set(key, (hash = BigInt(`0x${md5}`)))
    }
    return hash >= starting && hash <= ending
  })
}

const textOf = ({ offset, length }: Slice, slab: Buffer): string => slab.latin1Slice(offset, offset + length)

// ---- protobuf, as much of it as this message needs

class Cursor {
  at: number
  readonly #slab: Buffer
  readonly #end: number

  constructor(slab: Buffer, from: number, end: number) {
    this.#slab = slab
    this.at = from
    this.#end = end
  }

  get more(): boolean {
    return this.at < this.#end
  }

  /** Up to 2^53. */
  varint(): number {
    let value = 0
    for (let factor = 1, i = 0; i < 8; factor *= 128, i++) {
      if (this.at >= this.#end) throw new RangeError('a number is cut off')
      const byte = this.#slab[this.at++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('a number is too long')
  }

  slice(): Slice {
    const length = this.varint()
    const offset = this.at
    this.skipBytes(length)
    return { offset, length }
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint()
    else if (wireType === 1) this.skipBytes(8)
    else if (wireType === 2) this.slice()
    else if (wireType === 5) this.skipBytes(4)
    else throw new RangeError('an unknown wire type')
  }

  skipBytes(n: number): void {
    this.at += n
    if (this.at > this.#end) throw new RangeError('a field is cut off')
  }
}

const LENGTH_DELIMITED = 2

function parse(slab: Buffer, from: number, to: number): Aggregate {
  const cursor = new Cursor(slab, from, to)
  const keys: Slice[] = []
  const hashKeys: Slice[] = []
  const records: UserRecord[] = []
  while (cursor.more) {
    const tag = cursor.varint()
    const field = tag >>> 3
    if ((tag & 7) !== LENGTH_DELIMITED) cursor.skip(tag & 7)
    else if (field === 1) keys.push(cursor.slice())
    else if (field === 2) hashKeys.push(cursor.slice())
    else if (field === 3) records.push(parseRecord(slab, cursor.slice()))
    else cursor.slice()
  }
  return { keys, hashKeys, records }
}

function parseRecord(slab: Buffer, { offset, length }: Slice): UserRecord {
  const cursor = new Cursor(slab, offset, offset + length)
  let key = -1
  let hashKey = -1
  let data: Slice | null = null
  while (cursor.more) {
    const tag = cursor.varint()
    switch (tag) {
      case 8:
        key = cursor.varint()
        break
      case 16:
        hashKey = cursor.varint()
        break
      case 26:
        data = cursor.slice()
        break
      default:
        cursor.skip(tag & 7)
    }
  }
  if (key < 0 || data === null) throw new RangeError('a record lacks its key or its data')
  return { key, hashKey, data }
}

/** The columns of the batch that comes out. */
class UnpackedColumns {
  readonly #batch: RecordBatch
  readonly #positions: RecordPositions
  readonly #data: Slice[] = []
  readonly #keys: Slice[] = []
  /** Index in the batch that came in. */
  readonly #origin: number[] = []
  readonly #subSequence: number[] = []
  readonly #isLast: number[] = []

  constructor(batch: RecordBatch) {
    this.#batch = batch
    this.#positions = batch.positions!
  }

  addWhole(i: number): void {
    const { dataOffset, dataLength } = this.#batch
    this.#add(i, { offset: dataOffset[i]!, length: dataLength[i]! }, this.#positions.keySlice(i), -1, 1)
  }

  addAll(i: number, { keys, records }: Aggregate): void {
    records.forEach(({ key, data }, sub) => this.#add(i, data, keys[key]!, sub, sub === records.length - 1 ? 1 : 0))
  }

  toBatch(): RecordBatch {
    const { slab, timestamp } = this.#batch
    const origin = this.#origin
    const sequences = origin.map(i => this.#positions.sequenceSlice(i))
    const { stream, shardId } = this.#positions
    return RecordBatch.ofSlab(
      'bytes',
      { slab, dataOffset: offsets(this.#data), dataLength: lengths(this.#data) },
      {
        timestamp: timestamp === null ? null : Float64Array.from(origin, i => timestamp[i]!),
        positions: new RecordPositions({
          stream,
          shardId,
          slab: this.#positions.slab,
          keyOffset: offsets(this.#keys),
          keyLength: lengths(this.#keys),
          sequenceOffset: offsets(sequences),
          sequenceLength: lengths(sequences),
          aggregated: { subSequence: Int32Array.from(this.#subSequence), isLast: Uint8Array.from(this.#isLast) },
        }),
      },
    )
  }

  #add(i: number, data: Slice, key: Slice, subSequence: number, isLast: number): void {
    this.#origin.push(i)
    this.#data.push(data)
    this.#keys.push(key)
    this.#subSequence.push(subSequence)
    this.#isLast.push(isLast)
  }
}

const offsets = (slices: readonly Slice[]): Uint32Array => Uint32Array.from(slices, s => s.offset)
const lengths = (slices: readonly Slice[]): Uint32Array => Uint32Array.from(slices, s => s.length)
