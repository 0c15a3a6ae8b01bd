/**
 * Tells which shard a record is written to: the shard whose range contains its explicit hash key, or the MD5 hash of its partition key.
 * The map comes from ListShards and is kept until `refresh`.
 */
import { hash } from 'node:crypto'

import type { ShardDescription } from '../../../aws/kinesis/stream-proxy.ts'

/** A hash key as 32 hexadecimal digits: strings of this form have the order of their numbers. */
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
  /** Open shards, ascending. Empty until the first `refresh`. */
  #open: readonly MappedShard[] = []
  #all = new Map<string, MappedShard>()
  #loading: Promise<void> | null = null
  /** How often the open shards have changed. */
  #version = 0

  constructor(listShards: () => Promise<readonly ShardDescription[]>) {
    this.#listShards = listShards
  }

  get version(): number {
    return this.#version
  }

  /** Lists the shards. Concurrent calls share one listing. */
  refresh(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = null)))
  }

  /** `null` while the shards are not known. */
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
