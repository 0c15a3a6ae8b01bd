/**
 * Packs the records of a sink like the Kinesis Producer Library: records for the same shard become one aggregate, up to a size, a
 * count and a time. A single record is sent as it is.
 *
 * Readers drop an aggregate whole if one of its records does not belong to the shard that it was written to. After a reshard the
 * aggregator finds such aggregates in the answer of PutRecords, packs their records again, and sends the new aggregates.
 *
 *   record ──> shard of its hash key ──> aggregate of that shard ──full, or old──> one entry for the AsyncSinkWriter
 */
import { readUserRecords } from '../../../../schemas/kpl/aggregated-record.ts'
import type { EntryRun, PutRecordsResult } from '../../../aws/kinesis/put-records-codec.ts'
import { sleep } from '../../../foundation/clock.ts'
import type { Clock } from '../../../foundation/clock.ts'
import { ShardlineError } from '../../../foundation/errors.ts'
import type { AsyncSinkWriter } from '../../async-sink/async-sink-writer.ts'
import type { SendResult } from '../../async-sink/batch-sender.ts'
import { forEachEntry } from '../../async-sink/entry-runs.ts'
import type { EntryPacker } from '../../entries/entry-packer.ts'
import { Aggregate, userRecordOf, userRecordsOf } from './aggregate.ts'
import type { Acknowledge, UserRecord } from './aggregate.ts'
import type { ShardMap } from './shard-map.ts'

export interface RecordAggregatorOptions {
  /** The largest aggregate, in bytes. */
  readonly maxSize: number
  readonly maxCount: number
  readonly maxBufferedTimeMs: number
}

/** The pause between two listings of shards, if the first fails. */
const RETRY_MS = 500

interface WrittenAggregate {
  /** Index in the request. */
  readonly index: number
  readonly records: readonly UserRecord[]
  /** The shard that it was written to. */
  readonly shardId: string
}

export class RecordAggregator implements EntryPacker {
  readonly #map: ShardMap
  readonly #writer: AsyncSinkWriter
  readonly #clock: Clock
  readonly #options: RecordAggregatorOptions
  readonly #aggregates = new Map<string, Aggregate>()
  #cancelTimer: (() => void) | null = null
  readonly #closing = new AbortController()
  /** By the slab of an entry: the shard that it was packed for. Restored entries have none. */
  readonly #packedFor = new WeakMap<Buffer, string>()
  /** By the slab of an aggregate: the callbacks of its records. */
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
      this.#put(userRecordOf(run, i), this.#aggregates, entry => full.push(entry))
      while (full.length > 0) await this.#writer.write(full.shift()!)
    }
    this.#armTimer()
  }

  restore(run: EntryRun): void {
    const { slab, dataOffset, dataLength } = run
    // The state does not contain the number of records in an entry.
    const userRecords = dataLength.map((length, i) => readUserRecords(slab, dataOffset[i]!, length)?.length ?? 1)
    this.#writer.restore({ ...run, userRecords })
  }

  /**
   * Passes all aggregates to the writer, even when its buffer is full: there is at most one for each shard, and a checkpoint must not
   * wait for a service that is down.
   */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    for (const [shardId, aggregate] of this.#aggregates) this.#writer.append(this.#entryOf(aggregate, shardId))
    this.#aggregates.clear()
  }

  close(): void {
    this.#closing.abort()
    this.#cancelTimer?.()
    this.#aggregates.clear()
  }

  /** Finds the aggregates of a request that were written to a shard where readers drop them, and packs their records again. */
  async check(runs: readonly EntryRun[], { failed, shardIds }: PutRecordsResult): Promise<SendResult> {
    const misplaced = this.#writtenElsewhere(runs, shardIds)
    // The map may know of the reshard already.
    if (misplaced.some(({ records, shardId }) => this.#map.shardOf(records[0]!.hashKey)?.shardId !== shardId))
      await this.#learnShards()
    // A listing that another request had asked for may be older than the reshard.
    if (misplaced.some(({ shardId }) => this.#map.byId(shardId) === null)) await this.#learnShards()
    const replaced = new Map<number, readonly EntryRun[]>()
    for (const { index, records, shardId } of misplaced) {
      const shard = this.#map.byId(shardId)
      const belongs = ({ hashKey }: UserRecord): boolean =>
        shard !== null && hashKey >= shard.starting && hashKey <= shard.ending
      if (!records.every(belongs)) replaced.set(index, this.#packAll(records))
    }
    return { failed, replaced }
  }

  /** The aggregates that were written to another shard than the one that they were packed for. */
  #writtenElsewhere(runs: readonly EntryRun[], shardIds: PutRecordsResult['shardIds']): WrittenAggregate[] {
    const found: WrittenAggregate[] = []
    let index = 0
    forEachEntry(runs, (run, i) => {
      const shardId = shardIds?.[index] ?? null
      const packedFor = this.#packedFor.get(run.slab)
      // A record that was sent as it is must not be unpacked, even if its value looks like an aggregate.
      const isSingle = packedFor !== undefined && !run.userRecords
      const records =
        shardId === null || packedFor === shardId || isSingle
          ? null
          : userRecordsOf(run, i, this.#acknowledgements.get(run.slab))
      if (records !== null) found.push({ index, records, shardId: shardId! })
      index++
    })
    return found
  }

  /** Lists the shards until the service answers. The entries are written: a failure here must not send them again. */
  async #learnShards(): Promise<void> {
    for (;;)
      try {
        await this.#map.refresh()
        return
      } catch (error) {
        if (!(error instanceof ShardlineError && error.retryable)) throw error
        await sleep(this.#clock, RETRY_MS, this.#closing.signal)
      }
  }

  #put(record: UserRecord, aggregates: Map<string, Aggregate>, closed: (entry: EntryRun) => void): void {
    const { maxSize, maxCount } = this.#options
    const shardId = this.#map.shardOf(record.hashKey)?.shardId ?? ''
    const aggregate = aggregates.get(shardId)
    if (aggregate?.tryAdd(record, maxSize) === true) {
      if (aggregate.count < maxCount) return
      closed(this.#entryOf(aggregate, shardId))
      aggregates.delete(shardId)
      return
    }
    if (aggregate !== undefined) closed(this.#entryOf(aggregate, shardId))
    const next = new Aggregate(record)
    if (maxCount > 1) aggregates.set(shardId, next)
    else closed(this.#entryOf(next, shardId))
  }

  #packAll(records: readonly UserRecord[]): EntryRun[] {
    const aggregates = new Map<string, Aggregate>()
    const entries: EntryRun[] = []
    for (const record of records) this.#put(record, aggregates, entry => entries.push(entry))
    for (const [shardId, aggregate] of aggregates) entries.push(this.#entryOf(aggregate, shardId))
    return entries
  }

  #entryOf(aggregate: Aggregate, shardId: string): EntryRun {
    const entry = aggregate.toEntry(this.#acknowledgements)
    this.#packedFor.set(entry.slab, shardId)
    return entry
  }

  #armTimer(): void {
    if (this.#cancelTimer !== null || this.#aggregates.size === 0) return
    this.#cancelTimer = this.#clock.schedule(this.#options.maxBufferedTimeMs, () => this.flush())
  }
}
