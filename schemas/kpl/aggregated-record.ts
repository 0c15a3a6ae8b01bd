/**
 * Unpacks records that the Kinesis Producer Library aggregated, as Amazon's consumer library does.
 *
 *   F3 89 9A C2 | protobuf AggregatedRecord | MD5 of the protobuf bytes, 16 bytes
 *
 * A record whose magic number, checksum or protobuf is wrong is delivered as an ordinary record. The records of an aggregate are
 * checked in order:
 *
 *   hash key outside the shard             the whole aggregate is dropped: its producer sends it again, because it was written to
 *                                          the wrong shard
 *   key that is not in its table, or       this record and those after it cannot be delivered. Amazon's library logs a line and
 *     explicit hash key that is no number    loses them; here the source decides (`damage`)
 *
 * An aggregate within an aggregate is delivered as it is. No data is copied: the unpacked records are views of the aggregate's slab. Sources: aggregation-format.md of the amazon-kinesis-producer, and AggregatorUtil of the
 * amazon-kinesis-client.
 */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'

import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { RecordPositions } from '../../core/foundation/record-batch/record-positions.ts'
import { parseAggregatedRecord } from './aggregated-record-message.ts'
import type { AggregatedRecord, Slice } from './aggregated-record-message.ts'

export interface HashKeyRange {
  /** Both ends inclusive. */
  readonly starting: bigint
  readonly ending: bigint
}

export interface Deaggregated {
  readonly batch: RecordBatch
  /** The number of aggregated records. */
  readonly aggregates: number
  /** The number of aggregated records that were dropped, because their producer sends them again. */
  readonly dropped: number
  /** The number of user records in the dropped ones. */
  readonly droppedUserRecords: number
}

export const AGGREGATE_MAGIC = 0xf3899ac2
export const MD5_BYTES = 16
const MIN_BYTES = 4 + MD5_BYTES + 1

/** Whether record `i` has the magic number and the minimum length of an aggregate. */
export function looksAggregated(batch: RecordBatch, i: number): boolean {
  return begins(batch.slab, batch.dataOffset[i]!, batch.dataLength[i]!)
}

/** A record within an aggregate. */
export interface PackedRecord {
  /** UTF-8. */
  readonly partitionKey: Buffer
  /** Decimal. `null` when the partition key determines the shard. */
  readonly explicitHashKey: string | null
  readonly data: Buffer
}

/** `range` is the hash key range of the shard. Nothing is dropped when it is `null`, which means unknown. */
export function deaggregate(batch: RecordBatch, range: HashKeyRange | null): Deaggregated {
  let first = 0
  while (first < batch.count && !looksAggregated(batch, first)) first++
  if (first === batch.count) return { batch, aggregates: 0, dropped: 0, droppedUserRecords: 0 }
  const { slab } = batch
  const out = new UnpackedColumns(batch)
  let aggregates = 0
  let dropped = 0
  let droppedUserRecords = 0
  for (let i = 0; i < batch.count; i++) {
    const aggregate = looksAggregated(batch, i)
      ? parseAggregate(slab, batch.dataOffset[i]!, batch.dataLength[i]!)
      : null
    if (aggregate === null) {
      out.addWhole(i)
      continue
    }
    aggregates++
    const { foreign, broken } = inspect(aggregate, range, slab)
    if (foreign) {
      dropped++
      droppedUserRecords += aggregate.records.length
    } else out.addAll(i, aggregate, broken)
  }
  return { batch: out.toBatch(), aggregates, dropped, droppedUserRecords }
}

/** A record that cannot be delivered, and why. */
interface Broken {
  readonly at: number
  readonly why: string
}

interface Inspection {
  /** A record before any broken one belongs to another shard. */
  readonly foreign: boolean
  readonly broken: Broken | null
}

/** 2^128 - 1 has 39 digits. */
const MAX_DIGITS = 39

/** Checks the records in the order of Amazon's library, up to the first that is broken or belongs to another shard. */
function inspect({ keys, hashKeys, records }: AggregatedRecord, range: HashKeyRange | null, slab: Buffer): Inspection {
  const ofKey = new Map<number, bigint>()
  for (let at = 0; at < records.length; at++) {
    const { key, hashKey } = records[at]!
    const broken = (why: string): Inspection => ({ foreign: false, broken: { at, why } })
    if (key < 0 || key >= keys.length)
      return broken(`its partition key has the index ${key}, and the aggregate has ${keys.length} partition keys`)
    let hash: bigint | null | undefined
    if (hashKey !== null) {
      if (hashKey < 0 || hashKey >= hashKeys.length)
        return broken(
          `its explicit hash key has the index ${hashKey}, and the aggregate has ${hashKeys.length} explicit hash keys`,
        )
      hash = parseHashKey(textOf(hashKeys[hashKey]!, slab))
      if (hash === null) return broken('its explicit hash key is not a decimal number')
    } else if (range !== null && (hash = ofKey.get(key)) === undefined)
      ofKey.set(key, (hash = hashOf(keys[key]!, slab)))
    if (range !== null && (hash! < range.starting || hash! > range.ending)) return { foreign: true, broken: null }
  }
  return { foreign: false, broken: null }
}

/** Parses it like Java's BigInteger. `null` when it is not a number; -1, which is outside any shard, when it has too many digits. */
function parseHashKey(text: string): bigint | null {
  if (!/^[+-]?\d+$/.test(text)) return null
  const isSigned = text.startsWith('-') || text.startsWith('+')
  let from = isSigned ? 1 : 0
  while (from < text.length - 1 && text[from] === '0') from++
  if (text.length - from > MAX_DIGITS) return -1n
  const magnitude = BigInt(text.slice(from))
  return text.startsWith('-') ? -magnitude : magnitude
}

function hashOf({ offset, length }: Slice, slab: Buffer): bigint {
  const bytes = slab.subarray(offset, offset + length)
  // Amazon's library hashes the key as text, in which invalid UTF-8 is replaced.
  const md5 = createHash('md5').update(isUtf8(bytes) ? bytes : bytes.toString())
  return BigInt(`0x${md5.digest('hex')}`)
}

function begins(slab: Buffer, offset: number, length: number): boolean {
  return length >= MIN_BYTES && slab.readUInt32BE(offset) === AGGREGATE_MAGIC
}

/** `null` when the checksum or the protobuf is wrong. */
function parseAggregate(slab: Buffer, offset: number, length: number): AggregatedRecord | null {
  const from = offset + 4
  const to = offset + length - MD5_BYTES
  const md5 = createHash('md5').update(slab.subarray(from, to)).digest()
  if (slab.compare(md5, 0, MD5_BYTES, to, to + MD5_BYTES) !== 0) return null
  try {
    return parseAggregatedRecord(slab, from, to)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The records of an aggregate, as views of its slab. `null` when it is not an aggregate, is empty, or has a broken record. */
export function readUserRecords(slab: Buffer, offset: number, length: number): PackedRecord[] | null {
  const aggregate = begins(slab, offset, length) ? parseAggregate(slab, offset, length) : null
  if (aggregate === null || aggregate.records.length === 0 || inspect(aggregate, null, slab).broken !== null)
    return null
  const bytes = (slice: Slice): Buffer => slab.subarray(slice.offset, slice.offset + slice.length)
  return aggregate.records.map(({ key, hashKey, data }) => ({
    partitionKey: bytes(aggregate.keys[key]!),
    explicitHashKey: hashKey === null ? null : textOf(aggregate.hashKeys[hashKey]!, slab),
    data: bytes(data),
  }))
}

const textOf = ({ offset, length }: Slice, slab: Buffer): string => slab.latin1Slice(offset, offset + length)

/** Builds the columns of the unpacked batch. */
class UnpackedColumns {
  readonly #batch: RecordBatch
  readonly #positions: RecordPositions
  readonly #data: Slice[] = []
  readonly #keys: Slice[] = []
  /** Index in the original batch. */
  readonly #origin: number[] = []
  readonly #subSequence: number[] = []
  readonly #isLast: number[] = []
  readonly #damage: (string | null)[] = []
  #hasDamage = false

  constructor(batch: RecordBatch) {
    this.#batch = batch
    this.#positions = batch.positions!
  }

  addWhole(i: number): void {
    const { dataOffset, dataLength } = this.#batch
    this.#add(i, { offset: dataOffset[i]!, length: dataLength[i]! }, this.#positions.keySlice(i), -1, 1, null)
  }

  addAll(i: number, { keys, records }: AggregatedRecord, broken: Broken | null): void {
    const outerKey = this.#positions.keySlice(i)
    if (broken !== null) this.#hasDamage = true
    records.forEach(({ key, data }, sub) =>
      this.#add(i, data, keys[key] ?? outerKey, sub, sub === records.length - 1 ? 1 : 0, damageAt(sub, broken)),
    )
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
          aggregated: {
            subSequence: Int32Array.from(this.#subSequence),
            isLast: Uint8Array.from(this.#isLast),
            damage: this.#hasDamage ? this.#damage : null,
          },
        }),
      },
    )
  }

  #add(i: number, data: Slice, key: Slice, subSequence: number, isLast: number, damage: string | null): void {
    this.#origin.push(i)
    this.#data.push(data)
    this.#keys.push(key)
    this.#subSequence.push(subSequence)
    this.#isLast.push(isLast)
    this.#damage.push(damage)
  }
}

function damageAt(sub: number, broken: Broken | null): string | null {
  if (broken === null || sub < broken.at) return null
  const first = `Record ${broken.at} of the aggregate is broken: ${broken.why}.`
  return sub === broken.at ? first : `${first} Amazon's consumer library does not deliver the records after it either.`
}

const offsets = (slices: readonly Slice[]): Uint32Array => Uint32Array.from(slices, s => s.offset)
const lengths = (slices: readonly Slice[]): Uint32Array => Uint32Array.from(slices, s => s.length)
