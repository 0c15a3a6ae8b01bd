// One shard: a range of hash keys, its place in the lineage, its records and its quotas.
import type { HashKeyRange } from './hash-key.ts'
import { Quota } from './quota.ts'
import { RecordLog } from './record-log.ts'
import { SequenceNumbers } from './sequence-number.ts'

const WRITE_RECORDS_PER_SECOND = 1000
const WRITE_BYTES_PER_SECOND = 1024 * 1024
const READ_CALLS_PER_SECOND = 5
const READ_BYTES_PER_SECOND = 2 * 1024 * 1024
const ITERATOR_CALLS_PER_SECOND = 5

export function shardIdOf(shardNumber: number): string {
  return `shardId-${String(shardNumber).padStart(12, '0')}`
}

export interface ShardOrigin {
  /** Position among all shards the stream ever had. */
  readonly number: number
  readonly range: HashKeyRange
  /** Strictly increasing with every reshard in the account: children number above their parents. */
  readonly stamp: number
  /** Milliseconds since the epoch. */
  readonly openedMs: number
  /** None for a first shard, one after a split, two after a merge (the second is the adjacent one). */
  readonly parents: readonly Shard[]
  /** Bytes of records kept; beyond, the oldest go. */
  readonly maxBytes: number
}

export class Shard {
  readonly number: number
  readonly id: string
  readonly range: HashKeyRange
  readonly parentIds: readonly string[]
  readonly openedMs: number
  readonly sequence: SequenceNumbers
  readonly log: RecordLog
  /** Children, once the shard is closed. */
  children: readonly Shard[] = []
  #closedMs: number | undefined
  readonly #writeRecords = new Quota(WRITE_RECORDS_PER_SECOND)
  readonly #writeBytes = new Quota(WRITE_BYTES_PER_SECOND)
  readonly #readCalls = new Quota(READ_CALLS_PER_SECOND)
  readonly #readBytes = new Quota(READ_BYTES_PER_SECOND)
  readonly #iteratorCalls = new Quota(ITERATOR_CALLS_PER_SECOND)

  constructor(origin: ShardOrigin) {
    this.number = origin.number
    this.id = shardIdOf(origin.number)
    this.range = origin.range
    this.parentIds = origin.parents.map(parent => parent.id)
    this.openedMs = origin.openedMs
    this.sequence = new SequenceNumbers(origin.stamp, origin.number)
    this.log = new RecordLog(origin.maxBytes)
  }

  /** When it was closed, in milliseconds since the epoch; undefined while it is open. */
  get closedMs(): number | undefined {
    return this.#closedMs
  }

  get open(): boolean {
    return this.#closedMs === undefined
  }

  close(nowMs: number, children: readonly Shard[]): void {
    this.#closedMs = nowMs
    this.children = children
  }

  /** Whether it was open at a moment (both ends count as open). */
  openAt(ms: number): boolean {
    return this.openedMs <= ms && (this.#closedMs === undefined || this.#closedMs >= ms)
  }

  /** How long the record at `nextIndex` has been waiting: 0 only when there is none. */
  millisBehind(nextIndex: number, nowMs: number): number {
    const arrivalMs = this.log.arrivalMs(nextIndex)
    return arrivalMs === undefined ? 0 : Math.max(1, nowMs - arrivalMs)
  }

  /** Takes one record of this size from the quotas, if they allow it: 1000 records and 1 MiB a second. */
  admitWrite(bytes: number, nowMs: number): boolean {
    if (!this.#writeRecords.fits(1, nowMs) || !this.#writeBytes.fits(bytes, nowMs)) return false
    this.#writeRecords.take(1)
    this.#writeBytes.take(bytes)
    return true
  }

  /** Takes one GetRecords call from the quotas, if they allow it: 5 calls and 2 MiB a second. */
  admitRead(nowMs: number): boolean {
    if (!this.#readCalls.fits(1, nowMs) || !this.#readBytes.available(nowMs)) return false
    this.#readCalls.take(1)
    return true
  }

  /** Counts what an admitted GetRecords call returned. */
  countRead(bytes: number): void {
    this.#readBytes.take(bytes)
  }

  /** Takes one GetShardIterator call from the quota: 5 a second. */
  admitIterator(nowMs: number): boolean {
    if (!this.#iteratorCalls.fits(1, nowMs)) return false
    this.#iteratorCalls.take(1)
    return true
  }
}
