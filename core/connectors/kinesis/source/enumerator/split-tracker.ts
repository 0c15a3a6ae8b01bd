/**
 * Tracks the known shards with their status. A split may be assigned when every parent that is known here has finished. The tracker
 * does not know readers or the network.
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
  /** The shards of `#byShard` with these statuses. Streams have many shards, but few unassigned ones. */
  readonly #unassigned = new Set<string>()
  readonly #finished = new Set<string>()

  constructor(preserveShardOrder: boolean) {
    this.#preserveShardOrder = preserveShardOrder
  }

  has(shardId: string): boolean {
    return this.#byShard.has(shardId)
  }

  /** Adds or replaces a split. */
  put(split: KinesisShardSplit, status: SplitStatus): void {
    this.#byShard.set(split.shardId, { split, status })
    this.#index(split.shardId, status)
  }

  markAssigned(shardId: string): void {
    this.#get(shardId).status = 'ASSIGNED'
    this.#index(shardId, 'ASSIGNED')
  }

  markFinished(shardId: string): void {
    const tracked = this.#get(shardId)
    tracked.status = 'FINISHED'
    tracked.split = { ...tracked.split, finished: true }
    this.#index(shardId, 'FINISHED')
  }

  /** Splits that may be assigned now, in a stable order. */
  assignable(): KinesisShardSplit[] {
    return [...this.#unassigned]
      .map(shardId => this.#get(shardId).split)
      .filter(split => this.unfinishedParents(split).length === 0)
      .sort(bySplitId)
  }

  /** The parents that a split waits for. */
  unfinishedParents(split: KinesisShardSplit): string[] {
    if (!this.#preserveShardOrder) return []
    return split.parentShardIds.filter(parent => (this.#byShard.get(parent)?.status ?? 'FINISHED') !== 'FINISHED')
  }

  /** How many are assigned and not finished. */
  get assignedCount(): number {
    return this.#byShard.size - this.#unassigned.size - this.#finished.size
  }

  finishedShards(): string[] {
    return [...this.#finished]
  }

  forget(shardId: string): void {
    this.#byShard.delete(shardId)
    this.#unassigned.delete(shardId)
    this.#finished.delete(shardId)
  }

  entries(): { readonly split: KinesisShardSplit; readonly status: SplitStatus }[] {
    return [...this.#byShard.values()].map(t => ({ ...t })).sort((a, b) => bySplitId(a.split, b.split))
  }

  #index(shardId: string, status: SplitStatus): void {
    if (status === 'UNASSIGNED') this.#unassigned.add(shardId)
    else this.#unassigned.delete(shardId)
    if (status === 'FINISHED') this.#finished.add(shardId)
    else this.#finished.delete(shardId)
  }

  #get(shardId: string): Tracked {
    const tracked = this.#byShard.get(shardId)
    if (tracked === undefined) throw new Error(`shard ${shardId} is not tracked`)
    return tracked
  }
}
