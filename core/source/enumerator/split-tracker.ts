/**
 * Which shards are known, and what became of each: waiting, assigned, finished. It decides when a split may start: once every
 * parent that is known here has finished. Pure bookkeeping; it knows nothing of readers or of the network.
 */
import { bySplitId } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'

export type SplitStatus = 'UNASSIGNED' | 'ASSIGNED' | 'FINISHED'

interface Tracked {
  split: KinesisShardSplit
  status: SplitStatus
}

export class SplitTracker {
  readonly #preserveShardOrder: boolean
  readonly #byShard = new Map<string, Tracked>()

  constructor(preserveShardOrder: boolean) {
    this.#preserveShardOrder = preserveShardOrder
  }

  has(shardId: string): boolean {
    return this.#byShard.has(shardId)
  }

  /** Adds a split, or overwrites what is known of it. */
  put(split: KinesisShardSplit, status: SplitStatus): void {
    this.#byShard.set(split.shardId, { split, status })
  }

  markAssigned(shardId: string): void {
    this.#get(shardId).status = 'ASSIGNED'
  }

  markFinished(shardId: string): void {
    const tracked = this.#get(shardId)
    tracked.status = 'FINISHED'
    tracked.split = { ...tracked.split, finished: true }
  }

  /** Splits that may be assigned now, in a stable order. */
  assignable(): KinesisShardSplit[] {
    return [...this.#byShard.values()]
      .filter(t => t.status === 'UNASSIGNED' && this.#parentsDone(t.split))
      .map(t => t.split)
      .sort(bySplitId)
  }

  finishedShards(): string[] {
    return [...this.#byShard.values()].filter(t => t.status === 'FINISHED').map(t => t.split.shardId)
  }

  forget(shardId: string): void {
    this.#byShard.delete(shardId)
  }

  entries(): { readonly split: KinesisShardSplit; readonly status: SplitStatus }[] {
    return [...this.#byShard.values()].map(t => ({ ...t })).sort((a, b) => bySplitId(a.split, b.split))
  }

  #parentsDone(split: KinesisShardSplit): boolean {
    if (!this.#preserveShardOrder) return true
    return split.parentShardIds.every(parent => (this.#byShard.get(parent)?.status ?? 'FINISHED') === 'FINISHED')
  }

  #get(shardId: string): Tracked {
    const tracked = this.#byShard.get(shardId)
    if (tracked === undefined) throw new Error(`shard ${shardId} is not tracked`)
    return tracked
  }
}
