// One shard: its hash key range, its parents and children, its records and its quotas.
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
  /** Position among all shards that the stream has ever had. */
  readonly number: number
  readonly range: HashKeyRange
  /**
   * Increases with every reshard in the account, so that the sequence numbers of children are greater than their parents'.
   */
  readonly stamp: number
  /** Milliseconds since the epoch. */
  readonly openedMs: number
  /** Empty for an initial shard, one shard after a split, two after a merge. The second is the adjacent parent. */
  readonly parents: readonly Shard[]
  /** Bytes of records to keep. When there are more, the oldest records are removed. */
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
  /** The children. Empty while the shard is open. */
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

  /** When the shard was closed, in milliseconds since the epoch. Undefined while it is open. */
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

  /** Returns whether the shard was open at a time. The times at which it was opened and closed count as open. */
  openAt(ms: number): boolean {
    return this.openedMs <= ms && (this.#closedMs === undefined || this.#closedMs >= ms)
  }

  /** Returns the age of the record at `nextIndex` in milliseconds, at least 1. Returns 0 when there is no such record. */
  millisBehind(nextIndex: number, nowMs: number): number {
    const arrivalMs = this.log.arrivalMs(nextIndex)
    return arrivalMs === undefined ? 0 : Math.max(1, nowMs - arrivalMs)
  }

  /**
   * Takes one record of this size from the quotas (1000 records and 1 MiB a second). Returns false when they are exhausted.
   */
  admitWrite(bytes: number, nowMs: number): boolean {
    if (!this.#writeRecords.fits(1, nowMs) || !this.#writeBytes.fits(bytes, nowMs)) return false
    this.#writeRecords.take(1)
    this.#writeBytes.take(bytes)
    return true
  }

  /** Takes one GetRecords call from the quotas (5 calls and 2 MiB a second). Returns false when they are exhausted. */
  admitRead(nowMs: number): boolean {
    if (!this.#readCalls.fits(1, nowMs) || !this.#readBytes.available(nowMs)) return false
    this.#readCalls.take(1)
    return true
  }

  /** Takes the bytes that an admitted GetRecords call returned from the quota. */
  countRead(bytes: number): void {
    this.#readBytes.take(bytes)
  }

  /** Takes one GetShardIterator call from the quota (5 calls a second). Returns false when it is exhausted. */
  admitIterator(nowMs: number): boolean {
    if (!this.#iteratorCalls.fits(1, nowMs)) return false
    this.#iteratorCalls.take(1)
    return true
  }
}
