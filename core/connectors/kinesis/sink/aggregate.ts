/** One aggregate of the Kinesis Producer Library, and the records that it is made of. */
import { readUserRecords } from '../../../../schemas/kpl/aggregated-record.ts'
import type { PackedRecord } from '../../../../schemas/kpl/aggregated-record.ts'
import { RecordPacker } from '../../../../schemas/kpl/record-packer.ts'
import { hashKeyOf } from '../../../aws/kinesis/put-records-codec.ts'
import type { EntryRun } from '../../../aws/kinesis/put-records-codec.ts'
import type { RecordPositions } from '../../../foundation/record-batch/record-positions.ts'
import { fromDecimal, hashOfKey, toDecimal } from './shard-map.ts'
import type { HashKey } from './shard-map.ts'

export type Acknowledge = (entries: number) => void

export interface UserRecord extends PackedRecord {
  readonly hashKey: HashKey
  readonly acknowledge: Acknowledge | null
  /** Where the record was read, at index 0. `null` when that is not known. */
  readonly origin: RecordPositions | null
}

/** The partition key of every aggregate, like in the library. Its hash key determines the shard. */
export const OUTER_KEY = Buffer.from('a')

/** Records for one shard, which become one entry. */
export class Aggregate {
  readonly #packer = new RecordPacker()
  readonly #first: UserRecord
  readonly #acknowledge: (Acknowledge | null)[] = []

  constructor(first: UserRecord) {
    this.#first = first
    this.#packer.tryAdd(first, Infinity)
    this.#acknowledge.push(first.acknowledge)
  }

  get count(): number {
    return this.#packer.count
  }

  tryAdd(record: UserRecord, maxSize: number): boolean {
    // A record that is larger than an aggregate is sent alone.
    if (this.#packer.size > maxSize || !this.#packer.tryAdd(record, maxSize)) return false
    this.#acknowledge.push(record.acknowledge)
    return true
  }

  /** The entry. For an aggregate, the callbacks of its records are added to `acknowledgements` under its slab. */
  toEntry(acknowledgements: WeakMap<Buffer, readonly (Acknowledge | null)[]>): EntryRun {
    const { partitionKey, data, hashKey, acknowledge, origin } = this.#first
    const { count } = this.#packer
    if (count === 1) return { ...entryOf(data, partitionKey, hashKey), origin, onAcknowledged: acknowledge }
    const packed = this.#packer.pack()
    const entry = { ...entryOf(packed, OUTER_KEY, hashKey), userRecords: Uint32Array.of(count) }
    if (this.#acknowledge.every(a => a === null)) return entry
    const all = this.#acknowledge
    acknowledgements.set(packed, all)
    return { ...entry, onAcknowledged: () => all.forEach(a => a?.(1)) }
  }
}

/** The record of an entry that is not packed. */
export function userRecordOf(run: EntryRun, i: number): UserRecord {
  const key = run.keyOffset[i]!
  const partitionKey = run.keySlab.subarray(key, key + run.keyLength[i]!)
  const explicitHashKey = hashKeyOf(run, i)
  const data = run.dataOffset[i]!
  return {
    partitionKey,
    explicitHashKey,
    hashKey: explicitHashKey === null ? hashOfKey(partitionKey) : fromDecimal(explicitHashKey),
    data: run.slab.subarray(data, data + run.dataLength[i]!),
    acknowledge: run.onAcknowledged ?? null,
    origin: run.origin?.slice(i, i + 1) ?? null,
  }
}

/** The records of an aggregate. `null` when the entry is not one. */
export function userRecordsOf(
  run: EntryRun,
  i: number,
  acknowledge: readonly (Acknowledge | null)[] | undefined,
): UserRecord[] | null {
  const records = readUserRecords(run.slab, run.dataOffset[i]!, run.dataLength[i]!)
  if (records === null) return null
  return records.map(({ partitionKey, explicitHashKey, data }, at) => ({
    partitionKey,
    explicitHashKey,
    data,
    hashKey: explicitHashKey === null ? hashOfKey(partitionKey) : fromDecimal(explicitHashKey),
    acknowledge: acknowledge?.[at] ?? null,
    origin: null,
  }))
}

function entryOf(data: Buffer, partitionKey: Buffer, hashKey: HashKey): EntryRun {
  const digits = Buffer.from(toDecimal(hashKey))
  return {
    slab: data,
    dataOffset: new Uint32Array(1),
    dataLength: Uint32Array.of(data.length),
    keySlab: partitionKey,
    keyOffset: new Uint32Array(1),
    keyLength: Uint32Array.of(partitionKey.length),
    hashKeys: { slab: digits, offset: new Uint32Array(1), length: Uint32Array.of(digits.length) },
    from: 0,
    to: 1,
  }
}
