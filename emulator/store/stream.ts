// One stream: its shards, its lifecycle, its settings and what else the service remembers of it. Time passes only in
// `settle`, which the account calls before every use: delayed changes take effect, records and closed shards past
// retention disappear.
import { resourceInUse, resourceNotFound } from '../errors.ts'
import { DailyCount } from './daily-count.ts'
import { evenRanges, HashRing } from './hash-key.ts'
import type { HashKeyRange } from './hash-key.ts'
import { Lifecycle } from './lifecycle.ts'
import type { Status } from './lifecycle.ts'
import { Shard } from './shard.ts'
import type { StreamConsumer } from './stream-consumer.ts'

export type StreamMode = 'PROVISIONED' | 'ON_DEMAND'

/** AUTO spreads records over the open shards, whatever their keys. */
export type DistributionStrategy = 'AUTO' | 'USER_PARTITION_KEY'

/** What an on-demand stream is warm for from the start. */
const ON_DEMAND_MIBPS = 4

export interface StreamOrigin {
  readonly name: string
  readonly arn: string
  readonly accountId: string
  /** Unique in the account, also among streams of the same name. */
  readonly serial: number
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  /** Milliseconds to stay CREATING. */
  readonly createDelayMs: number
  readonly shardCount: number
  readonly mode: StreamMode
  readonly retentionHours: number
  readonly maxRecordBytes: number
  readonly maxBytesPerShard: number
  /** Gives the next shard stamp, strictly increasing within the account. */
  readonly nextStamp: (nowMs: number) => number
}

export class Stream {
  readonly name: string
  readonly arn: string
  readonly accountId: string
  readonly serial: number
  readonly createdMs: number
  readonly tags = new Map<string, string>()
  readonly consumers = new Map<string, StreamConsumer>()
  /** Called when records came or shards, consumers or the stream itself changed. */
  readonly watchers = new Set<() => void>()
  mode: StreamMode
  retentionHours: number
  maxRecordBytes: number
  distribution: DistributionStrategy = 'USER_PARTITION_KEY'
  /** The KMS key, as it was given; undefined while records are not encrypted. */
  encryptionKeyId: string | undefined
  shardLevelMetrics: readonly string[] = []
  /** What an on-demand stream is warm for, and what it is scaling to, in MiB a second. */
  warmThroughput = { targetMiBps: ON_DEMAND_MIBPS, currentMiBps: ON_DEMAND_MIBPS }
  /** The resource policy, as it was given. */
  policy: string | undefined
  readonly scalings = new DailyCount(10)
  readonly modeChanges = new DailyCount(2)
  readonly encryptionStarts = new DailyCount(25)
  readonly encryptionStops = new DailyCount(25)
  readonly #origin: StreamOrigin
  readonly #shards = new Map<string, Shard>()
  /** Undefined until a record is routed after a reshard. */
  #ring: HashRing<Shard> | undefined
  readonly #lifecycle: Lifecycle
  #spread = 0
  #shardsMade = 0

  constructor(origin: StreamOrigin) {
    this.#origin = origin
    this.name = origin.name
    this.arn = origin.arn
    this.accountId = origin.accountId
    this.serial = origin.serial
    this.createdMs = origin.createdMs
    this.mode = origin.mode
    this.maxRecordBytes = origin.maxRecordBytes
    this.retentionHours = origin.retentionHours
    this.#addShards(evenRanges(origin.shardCount), [], origin.createdMs)
    this.#lifecycle = new Lifecycle(origin.createdMs, origin.createDelayMs)
  }

  get status(): Status {
    return this.#lifecycle.status
  }

  /** When a change that is under way takes effect, in milliseconds since the epoch. */
  get changesMs(): number | undefined {
    return this.#lifecycle.changesMs
  }

  /** Tells whoever watches. */
  changed(): void {
    for (const watcher of this.watchers) watcher()
  }

  /** Lets time pass up to `nowMs`. */
  settle(nowMs: number): void {
    this.#lifecycle.settle(nowMs)
    for (const consumer of this.consumers.values()) {
      if (consumer.gone(nowMs)) this.consumers.delete(consumer.name)
    }
    const horizon = nowMs - this.retentionHours * 3_600_000
    if (horizon <= this.createdMs) return
    for (const shard of this.#shards.values()) {
      shard.log.trim(horizon)
      if (shard.closedMs !== undefined && shard.closedMs < horizon) this.#shards.delete(shard.id)
    }
  }

  /** The oldest moment whose records may still be here, in milliseconds since the epoch. */
  horizonMs(nowMs: number): number {
    return Math.max(this.createdMs, nowMs - this.retentionHours * 3_600_000)
  }

  /** Makes a change `delayMs` from now, and is UPDATING until then; with no delay makes it at once. */
  update(nowMs: number, delayMs: number, apply: (nowMs: number) => void): void {
    this.#lifecycle.update(nowMs, delayMs, apply)
    this.changed()
  }

  delete(nowMs: number, delayMs: number): void {
    this.#lifecycle.delete(nowMs, delayMs)
    this.changed()
  }

  /** Every shard that is still listed, by number. */
  shards(): Shard[] {
    return this.#lifecycle.status === 'CREATING' ? [] : [...this.#shards.values()]
  }

  openShards(): Shard[] {
    return this.shards().filter(shard => shard.open)
  }

  /** The shard of that id, or ResourceNotFoundException. */
  shard(shardId: string): Shard {
    const shard = this.#lifecycle.status === 'CREATING' ? undefined : this.#shards.get(shardId)
    if (shard !== undefined) return shard
    throw resourceNotFound(`Shard ${shardId} in stream ${this.name} under account ${this.accountId} does not exist`)
  }

  /** The open shard whose range holds the hash key in `words`. */
  route(words: Uint32Array): Shard {
    this.#ring ??= new HashRing(
      [...this.#shards.values()].filter(shard => shard.open),
      shard => shard.range,
    )
    return this.#ring.find(words)
  }

  /** An open shard for a record that no key places: one after the other. */
  nextShard(): Shard {
    const open = this.openShards()
    return open[this.#spread++ % open.length]!
  }

  /** Closes `parents` and opens shards of `ranges` in their place. */
  replace(parents: readonly Shard[], ranges: readonly HashKeyRange[], nowMs: number): readonly Shard[] {
    const children = this.#addShards(ranges, parents, nowMs)
    for (const parent of parents) parent.close(nowMs, children)
    this.#ring = undefined
    this.changed()
    return children
  }

  /** Refuses a change of a stream that is not ACTIVE. */
  requireActive(): void {
    if (this.status === 'ACTIVE') return
    throw resourceInUse(
      `Stream ${this.name} under account ${this.accountId} not ACTIVE, instead in state ${this.status}`,
    )
  }

  /** Refuses a request that means a stream of the same name created at another time. */
  requireCreated(createdMs: number): void {
    if (createdMs === this.createdMs) return
    throw resourceNotFound(
      `Stream ${this.name} under account ${this.accountId} with creation timestamp ` +
        `${new Date(createdMs).toISOString()} not found: it was created at ${new Date(this.createdMs).toISOString()}.`,
    )
  }

  /** Refuses reads and writes while the stream is being created or deleted. */
  requireUsable(): void {
    if (this.status === 'ACTIVE' || this.status === 'UPDATING') return
    throw resourceNotFound(
      `Stream ${this.name} under account ${this.accountId} not found: it is in state ${this.status}.`,
    )
  }

  #addShards(ranges: readonly HashKeyRange[], parents: readonly Shard[], nowMs: number): Shard[] {
    const stamp = this.#origin.nextStamp(nowMs)
    return ranges.map(range => {
      const maxBytes = this.#origin.maxBytesPerShard
      const shard = new Shard({ number: this.#shardsMade++, range, stamp, openedMs: nowMs, parents, maxBytes })
      this.#shards.set(shard.id, shard)
      return shard
    })
  }
}
