/**
 * Packs the records of a sink as the Kinesis Producer Library does: those that will go to the same shard, up to a size, a count
 * and a time. A single one goes as it is. Where an aggregate was written to another shard than that which it was packed for, and
 * one of its records does not belong there, readers drop it whole: its records are packed anew, and sent again.
 *
 *   record ──> shard of its hash key ──> container of that shard ──full, or old──> one entry for the AsyncSinkWriter
 */
import { sleep } from '../../../foundation/clock.ts'
import type { Clock } from '../../../foundation/clock.ts'
import { ShardlineError } from '../../../foundation/errors.ts'
import { readUserRecords } from '../../../../schemas/kpl/aggregated-record.ts'
import type { PackedRecord } from '../../../../schemas/kpl/aggregated-record.ts'
import type { EntryRun, PutRecordsResult } from '../../../aws/kinesis/put-records-codec.ts'
import { hashKeyOf } from '../../../aws/kinesis/put-records-codec.ts'
import { RecordPacker } from '../../../../schemas/kpl/record-packer.ts'
import type { RecordPositions } from '../../../foundation/record-batch/record-positions.ts'
import type { AsyncSinkWriter } from '../../async-sink/async-sink-writer.ts'
import type { SendResult } from '../../async-sink/batch-sender.ts'
import { forEachEntry } from '../../async-sink/entry-runs.ts'
import type { EntryPacker } from '../../entries/entry-packer.ts'
import { fromDecimal, hashOfKey, toDecimal } from './shard-map.ts'
import type { HashKey, ShardMap } from './shard-map.ts'

export interface RecordAggregatorOptions {
  /** Bytes of an aggregate. */
  readonly maxSize: number
  readonly maxCount: number
  readonly maxBufferedTimeMs: number
}

type Acknowledge = (entries: number) => void

interface UserRecord extends PackedRecord {
  readonly hashKey: HashKey
  readonly acknowledge: Acknowledge | null
  /** Where it came from: the one of these at 0; null: not known. */
  readonly origin: RecordPositions | null
}

const ASK_AGAIN_MS = 500

/** As the library has it: the key of an aggregate is only there because there must be one. */
export const OUTER_KEY = Buffer.from('a')

/** Records on their way to one shard. */
class Container {
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
    // What is larger than an aggregate by itself goes alone.
    if (this.#packer.size > maxSize || !this.#packer.tryAdd(record, maxSize)) return false
    this.#acknowledge.push(record.acknowledge)
    return true
  }

  entry(acknowledgements: WeakMap<Buffer, readonly (Acknowledge | null)[]>): EntryRun {
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

export class RecordAggregator implements EntryPacker {
  readonly #map: ShardMap
  readonly #writer: AsyncSinkWriter
  readonly #clock: Clock
  readonly #options: RecordAggregatorOptions
  readonly #containers = new Map<string, Container>()
  #cancelTimer: (() => void) | null = null
  readonly #closing = new AbortController()
  /** By the slab of an aggregate: the shard that it was packed for. One that was restored has none. */
  readonly #foreseen = new WeakMap<Buffer, string>()
  /** Of an aggregate's records, by its slab. */
  readonly #acknowledgements = new WeakMap<Buffer, readonly (Acknowledge | null)[]>()

  constructor(map: ShardMap, writer: AsyncSinkWriter, clock: Clock, options: RecordAggregatorOptions) {
    this.#map = map
    this.#writer = writer
    this.#clock = clock
    this.#options = options
  }

  async write(run: EntryRun): Promise<void> {
    if (this.#map.version === 0) await this.#learnShards()
    const full: EntryRun[] = []
    for (let i = run.from; i < run.to; i++) {
      this.#put(userRecordOf(run, i), this.#containers, entry => full.push(entry))
      while (full.length > 0) await this.#writer.write(full.shift()!)
    }
    this.#armTimer()
  }

  /** Entries of a snapshot, which are packed already. */
  restore(run: EntryRun): void {
    const { slab, dataOffset, dataLength } = run
    // The state does not say how many records an entry holds.
    const userRecords = dataLength.map((length, i) => readUserRecords(slab, dataOffset[i]!, length)?.length ?? 1)
    this.#writer.restore({ ...run, userRecords })
  }

  /** At once, room or not: there is one for each shard at most, and a checkpoint must not wait for a service that is down. */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    for (const [shardId, container] of this.#containers) this.#writer.append(this.#entryOf(container, shardId))
    this.#containers.clear()
  }

  close(): void {
    this.#closing.abort()
    this.#cancelTimer?.()
    this.#containers.clear()
  }

  /** What of a request's entries was written where it does not belong. */
  async check(runs: readonly EntryRun[], { failed, shardIds }: PutRecordsResult): Promise<SendResult> {
    const unforeseen: { readonly index: number; readonly records: readonly UserRecord[]; readonly shardId: string }[] =
      []
    let index = 0
    forEachEntry(runs, (run, i) => {
      const shardId = shardIds?.[index] ?? null
      const foreseen = this.#foreseen.get(run.slab)
      // A value that went alone is nobody's to unpack, whatever it looks like.
      const alone = foreseen !== undefined && !run.userRecords
      const records = shardId === null || foreseen === shardId || alone ? null : this.#userRecords(run, i)
      if (records !== null) unforeseen.push({ index, records, shardId: shardId! })
      index++
    })
    // By now the map may know of the reshard already.
    const isNews = ({ records, shardId }: (typeof unforeseen)[number]): boolean =>
      this.#map.shardOf(records[0]!.hashKey)?.shardId !== shardId
    if (unforeseen.some(isNews)) await this.#learnShards()
    // What was told may be older than the reshard: the question of somebody else, or an answer behind the times.
    if (unforeseen.some(({ shardId }) => this.#map.byId(shardId) === null)) await this.#learnShards()
    const replaced = new Map<number, readonly EntryRun[]>()
    for (const { index: at, records, shardId } of unforeseen) {
      const shard = this.#map.byId(shardId)
      const belongs = ({ hashKey }: UserRecord): boolean =>
        shard !== null && hashKey >= shard.starting && hashKey <= shard.ending
      if (!records.every(belongs)) replaced.set(at, this.#packAll(records))
    }
    return { failed, replaced }
  }

  /** What was written is known, and where: it would be a pity to send all of it again because this answer is missing. */
  async #learnShards(): Promise<void> {
    for (;;)
      try {
        await this.#map.refresh()
        return
      } catch (error) {
        if (!(error instanceof ShardlineError && error.retryable)) throw error
        await sleep(this.#clock, ASK_AGAIN_MS, this.#closing.signal)
      }
  }

  #put(record: UserRecord, containers: Map<string, Container>, closed: (entry: EntryRun) => void): void {
    const { maxSize, maxCount } = this.#options
    const shardId = this.#map.shardOf(record.hashKey)?.shardId ?? ''
    const container = containers.get(shardId)
    if (container?.tryAdd(record, maxSize) === true) {
      if (container.count < maxCount) return
      closed(this.#entryOf(container, shardId))
      containers.delete(shardId)
      return
    }
    if (container !== undefined) closed(this.#entryOf(container, shardId))
    const next = new Container(record)
    if (maxCount > 1) containers.set(shardId, next)
    else closed(this.#entryOf(next, shardId))
  }

  #packAll(records: readonly UserRecord[]): EntryRun[] {
    const containers = new Map<string, Container>()
    const entries: EntryRun[] = []
    for (const record of records) this.#put(record, containers, entry => entries.push(entry))
    for (const [shardId, container] of containers) entries.push(this.#entryOf(container, shardId))
    return entries
  }

  #entryOf(container: Container, shardId: string): EntryRun {
    const entry = container.entry(this.#acknowledgements)
    this.#foreseen.set(entry.slab, shardId)
    return entry
  }

  /** null: it is no aggregate. */
  #userRecords(run: EntryRun, i: number): UserRecord[] | null {
    const records = readUserRecords(run.slab, run.dataOffset[i]!, run.dataLength[i]!)
    const acknowledge = this.#acknowledgements.get(run.slab)
    return (
      records?.map(({ partitionKey, explicitHashKey, data }, at) => ({
        partitionKey,
        explicitHashKey,
        data,
        hashKey: explicitHashKey === null ? hashOfKey(partitionKey) : fromDecimal(explicitHashKey),
        acknowledge: acknowledge?.[at] ?? null,
        origin: null,
      })) ?? null
    )
  }

  #armTimer(): void {
    if (this.#cancelTimer !== null || this.#containers.size === 0) return
    this.#cancelTimer = this.#clock.schedule(this.#options.maxBufferedTimeMs, () => this.flush())
  }
}

function userRecordOf(run: EntryRun, i: number): UserRecord {
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
