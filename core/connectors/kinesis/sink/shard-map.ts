/**
 * Which shard a record will be written to: that whose range holds the MD5 of its partition key, or its explicit hash key.
 * Made of what ListShards says, kept until somebody finds it wrong.
 */
import { hash } from 'node:crypto'

import type { ShardDescription } from '../../../aws/kinesis/stream-proxy.ts'

/** Hash keys as 32 hexadecimal digits, which order as the numbers do. */
export type HashKey = string

export interface MappedShard {
  readonly shardId: string
  /** Both ends inclusive. */
  readonly starting: HashKey
  readonly ending: HashKey
}

const DIGITS = 32

export function hashOfKey(partitionKey: Uint8Array): HashKey {
  return hash('md5', partitionKey, 'hex')
}

export function fromDecimal(hashKey: string): HashKey {
  return BigInt(hashKey).toString(16).padStart(DIGITS, '0')
}

export function toDecimal(hashKey: HashKey): string {
  return BigInt(`0x${hashKey}`).toString()
}

export class ShardMap {
  readonly #listShards: () => Promise<readonly ShardDescription[]>
  /** Open shards, ascending; empty: not known yet. */
  #open: readonly MappedShard[] = []
  #all = new Map<string, MappedShard>()
  #loading: Promise<void> | null = null
  /** Counts how often it has changed. */
  #version = 0

  constructor(listShards: () => Promise<readonly ShardDescription[]>) {
    this.#listShards = listShards
  }

  get version(): number {
    return this.#version
  }

  /** Asks the service; calls that come together ask once. */
  refresh(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = null)))
  }

  /** null: not known. */
  shardOf(hashKey: HashKey): MappedShard | null {
    let [low, high] = [0, this.#open.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (hashKey <= this.#open[middle]!.ending) high = middle
      else low = middle + 1
    }
    return this.#open[low] ?? null
  }

  byId(shardId: string): MappedShard | null {
    return this.#all.get(shardId) ?? null
  }

  async #load(): Promise<void> {
    const listed = await this.#listShards()
    const mapped = listed.map(s => ({
      shardId: s.shardId,
      starting: fromDecimal(s.startingHashKey),
      ending: fromDecimal(s.endingHashKey),
      open: s.endingSequenceNumber === null,
    }))
    const open = mapped.filter(s => s.open).sort((a, b) => (a.starting < b.starting ? -1 : 1))
    const changed =
      open.length !== this.#open.length || open.some((shard, i) => shard.shardId !== this.#open[i]!.shardId)
    this.#open = open
    this.#all = new Map(mapped.map(s => [s.shardId, s]))
    if (changed) this.#version++
  }
}
