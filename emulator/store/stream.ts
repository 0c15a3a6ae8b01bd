// One stream: its shards, its lifecycle, its consumers and its settings. Time has an effect only in `settle`, which the
// account calls before every use: delayed changes take effect, and records and closed shards past the retention period are
// removed.
import { resourceInUse, resourceNotFound } from '../errors.ts'
import { DailyCount } from './daily-count.ts'
import { evenRanges, HashRing } from './hash-key.ts'
import type { HashKeyRange } from './hash-key.ts'
import { Lifecycle } from './lifecycle.ts'
import type { Status } from './lifecycle.ts'
import { Shard } from './shard.ts'
import type { StreamConsumer } from './stream-consumer.ts'

export type StreamMode = 'PROVISIONED' | 'ON_DEMAND'

/** With AUTO the service distributes records over the open shards regardless of their partition keys. */
export type DistributionStrategy = 'AUTO' | 'USER_PARTITION_KEY'

/** Warm throughput of a new on-demand stream. */
const ON_DEMAND_MIBPS = 4

export interface StreamOrigin {
  readonly name: string
  readonly arn: string
  readonly accountId: string
  /** Unique in the account. A deleted stream and a later stream of the same name have different numbers. */
  readonly serial: number
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  /** Milliseconds for which the stream is CREATING. */
  readonly createDelayMs: number
  readonly shardCount: number
  readonly mode: StreamMode
  readonly retentionHours: number
  readonly maxRecordBytes: number
  readonly maxBytesPerShard: number
  /** Returns the next stamp for shards, which is strictly increasing within the account. */
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
  /** Called after records were put, and after the stream, its shards or its consumers changed. */
  readonly watchers = new Set<() => void>()
  mode: StreamMode
  retentionHours: number
  maxRecordBytes: number
  distribution: DistributionStrategy = 'USER_PARTITION_KEY'
  /** The KMS key, as StartStreamEncryption received it. Undefined while records are not encrypted. */
  encryptionKeyId: string | undefined
  shardLevelMetrics: readonly string[] = []
  /** Warm throughput of an on-demand stream in MiB a second: the current value, and the value to which it is scaling. */
  warmThroughput = { targetMiBps: ON_DEMAND_MIBPS, currentMiBps: ON_DEMAND_MIBPS }
  /** The resource policy, as PutResourcePolicy received it. */
  policy: string | undefined
  readonly scalings = new DailyCount(10)
  readonly modeChanges = new DailyCount(2)
  readonly encryptionStarts = new DailyCount(25)
  readonly encryptionStops = new DailyCount(25)
  readonly #origin: StreamOrigin
  readonly #shards = new Map<string, Shard>()
  /** Undefined after a reshard, until the next record is routed. */
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

  /** When a change in progress takes effect, in milliseconds since the epoch. Undefined when there is no change. */
  get changesMs(): number | undefined {
    return this.#lifecycle.changesMs
  }

  /** Calls the watchers. */
  changed(): void {
    for (const watcher of this.watchers) watcher()
  }

  /** Applies what is due at `nowMs`. */
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

  /** Returns the trim horizon, in milliseconds since the epoch. */
  horizonMs(nowMs: number): number {
    return Math.max(this.createdMs, nowMs - this.retentionHours * 3_600_000)
  }

  /** Applies a change after `delayMs` milliseconds and is UPDATING until then. With 0 it applies the change at once. */
  update(nowMs: number, delayMs: number, apply: (nowMs: number) => void): void {
    this.#lifecycle.update(nowMs, delayMs, apply)
    this.changed()
  }

  delete(nowMs: number, delayMs: number): void {
    this.#lifecycle.delete(nowMs, delayMs)
    this.changed()
  }

  /** Returns every shard that ListShards returns, ordered by number. */
  shards(): Shard[] {
    return this.#lifecycle.status === 'CREATING' ? [] : [...this.#shards.values()]
  }

  openShards(): Shard[] {
    return this.shards().filter(shard => shard.open)
  }

  /** Returns the shard with that id. Throws ResourceNotFoundException when there is none. */
  shard(shardId: string): Shard {
    const shard = this.#lifecycle.status === 'CREATING' ? undefined : this.#shards.get(shardId)
    if (shard !== undefined) return shard
    throw resourceNotFound(`Shard ${shardId} in stream ${this.name} under account ${this.accountId} does not exist`)
  }

  /** Returns the open shard whose range contains the hash key in `words`. */
  route(words: Uint32Array): Shard {
    this.#ring ??= new HashRing(
      [...this.#shards.values()].filter(shard => shard.open),
      shard => shard.range,
    )
    return this.#ring.find(words)
  }

  /** Returns the open shard for a record that is routed without its key. The open shards take turns. */
  nextShard(): Shard {
    const open = this.openShards()
    return open[this.#spread++ % open.length]!
  }

  /** Closes `parents` and opens a shard for each of `ranges` in their place. */
  replace(parents: readonly Shard[], ranges: readonly HashKeyRange[], nowMs: number): readonly Shard[] {
    const children = this.#addShards(ranges, parents, nowMs)
    for (const parent of parents) parent.close(nowMs, children)
    this.#ring = undefined
    this.changed()
    return children
  }

  /** Throws ResourceInUseException when the stream is not ACTIVE. Changes need an ACTIVE stream. */
  requireActive(): void {
    if (this.status === 'ACTIVE') return
    throw resourceInUse(
      `Stream ${this.name} under account ${this.accountId} not ACTIVE, instead in state ${this.status}`,
    )
  }

  /** Throws ResourceNotFoundException when the stream was created at another time. */
  requireCreated(createdMs: number): void {
    if (createdMs === this.createdMs) return
    throw resourceNotFound(
      `Stream ${this.name} under account ${this.accountId} with creation timestamp ` +
        `${new Date(createdMs).toISOString()} not found: it was created at ${new Date(this.createdMs).toISOString()}.`,
    )
  }

  /** Throws ResourceNotFoundException while the stream is CREATING or DELETING. Reads and writes need a usable stream. */
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
