// One account in one region: its streams, queues, channels and settings. Every look-up settles a stream first, so that the
// caller sees its current state.
import type { Clock } from '../clock.ts'
import { invalidArgument, limitExceeded, resourceInUse, resourceNotFound } from '../errors.ts'
import type { Settings } from '../options.ts'
import { BillingCommitment } from './billing-commitment.ts'
import type { Channel } from './channel.ts'
import type { Queue } from './queue.ts'
import { Registry } from './registry.ts'
import { Seal } from './seal.ts'
import { Stream } from './stream.ts'
import type { StreamMode } from './stream.ts'

const SWEEP_INTERVAL_MS = 60_000
const MAX_CREATING = 5

export type ResourceKind = 'stream' | 'queue' | 'channel'

export interface NewStream {
  readonly shardCount: number
  readonly mode?: StreamMode
  readonly retentionHours?: number
  readonly maxRecordBytes?: number
}

export class Account {
  readonly settings: Settings
  readonly clock: Clock
  /** Seals shard iterators, page tokens and receipt handles. */
  readonly seal = new Seal()
  readonly commitment = new BillingCommitment()
  readonly queues: Registry<Queue>
  readonly channels: Registry<Channel>
  readonly #streams = new Map<string, Stream>()
  #serial = 0
  #streamsMade = 0
  #lastStamp = 0
  #sweptMs = -Infinity

  constructor(settings: Settings) {
    this.settings = settings
    this.clock = settings.clock
    this.queues = new Registry(settings.clock)
    this.channels = new Registry(settings.clock)
  }

  arnOf(name: string, kind: ResourceKind = 'stream'): string {
    return `arn:aws:kinesis:${this.settings.region}:${this.settings.accountId}:${kind}/${name}`
  }

  /** Returns a number that no other queue or channel of the account has. */
  nextSerial(): number {
    return ++this.#serial
  }

  queuesOf({ serial }: Stream): Queue[] {
    return this.queues.all().filter(queue => queue.stream.serial === serial)
  }

  channelsOf({ serial }: Stream): Channel[] {
    return this.channels.all().filter(channel => channel.stream.serial === serial)
  }

  create(name: string, { shardCount, mode = 'PROVISIONED', retentionHours, maxRecordBytes }: NewStream): Stream {
    const { accountId, createDelayMs, limits, maxBytesPerShard, shardLimit } = this.settings
    if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(name)) throw invalidArgument(`Invalid stream name: ${name}`)
    if (!Number.isInteger(shardCount) || shardCount < 1) throw invalidArgument(`Invalid shard count: ${shardCount}`)
    const streams = this.streams()
    if (streams.some(stream => stream.name === name)) {
      throw resourceInUse(`Stream ${name} under account ${accountId} already exists.`)
    }
    if (limits && streams.filter(stream => stream.status === 'CREATING').length >= MAX_CREATING) {
      throw limitExceeded(`Account ${accountId} already has ${MAX_CREATING} streams in state CREATING.`)
    }
    this.requireShards(shardCount, shardLimit)
    const stream = new Stream({
      name,
      arn: this.arnOf(name),
      accountId,
      serial: ++this.#streamsMade,
      createdMs: this.clock.now(),
      createDelayMs,
      shardCount,
      mode,
      retentionHours: retentionHours ?? 24,
      maxRecordBytes: maxRecordBytes ?? this.settings.maxRecordBytes,
      maxBytesPerShard,
      nextStamp: nowMs => (this.#lastStamp = Math.max(this.#lastStamp + 1, Math.floor(nowMs))),
    })
    this.#streams.set(name, stream)
    return stream
  }

  /** Throws LimitExceededException when `additional` open shards would exceed the limit of the account. */
  requireShards(additional: number, limit = this.settings.shardLimit): void {
    const current = this.openShardCount()
    if (current + additional <= limit) return
    throw limitExceeded(
      `This request would exceed the shard limit for the account ${this.settings.accountId} in ` +
        `${this.settings.region}. Current shard count for the account: ${current}. Limit: ${limit}. Number of ` +
        `additional shards that would have resulted from this request: ${additional}.`,
    )
  }

  openShardCount(): number {
    return this.streams().reduce((sum, stream) => sum + stream.openShards().length, 0)
  }

  /** Every stream, ordered by name. */
  streams(): Stream[] {
    const names = [...this.#streams.keys()].sort()
    return names.map(name => this.#settled(name)).filter(stream => stream !== undefined)
  }

  /** Returns the stream with that name. Throws ResourceNotFoundException when there is none. */
  stream(name: string): Stream {
    const stream = this.#settled(name)
    if (stream !== undefined) return stream
    throw resourceNotFound(`Stream ${name} under account ${this.settings.accountId} not found.`)
  }

  /**
   * Returns the stream that an iterator or a token belongs to. Throws ResourceNotFoundException when the stream was deleted
   * since, even if a stream with the same name was created after it.
   */
  streamOfSerial(serial: number): Stream {
    for (const { name, serial: other } of this.#streams.values()) {
      if (other === serial) return this.stream(name)
    }
    throw resourceNotFound(
      `The stream that the iterator or token was made for no longer exists under account ${this.settings.accountId}.`,
    )
  }

  /** Returns the name in an ARN. Throws ResourceNotFoundException when the ARN is of another account or region. */
  nameOfArn(arn: string, kind: ResourceKind = 'stream'): string {
    const match = /^arn:aws[^:]*:kinesis:([^:]*):(\d{12}):(stream|queue|channel)\/([a-zA-Z0-9_.-]+)$/.exec(arn)
    if (match?.[3] !== kind) throw invalidArgument(`Invalid ARN of a ${kind}: ${arn}`)
    const [, region, accountId, , name] = match
    if (region !== this.settings.region || accountId !== this.settings.accountId) {
      throw resourceNotFound(
        `${kind[0]!.toUpperCase()}${kind.slice(1)} ${name!} under account ${accountId!} in ${region!} not found: ` +
          `this emulator has account ${this.settings.accountId} in ${this.settings.region}.`,
      )
    }
    return name!
  }

  /** Settles every stream once a minute, so that records past retention are freed in streams that no request uses. */
  sweep(): void {
    const nowMs = this.clock.now()
    if (nowMs - this.#sweptMs < SWEEP_INTERVAL_MS) return
    this.#sweptMs = nowMs
    this.streams()
  }

  #settled(name: string): Stream | undefined {
    const stream = this.#streams.get(name)
    stream?.settle(this.clock.now())
    if (stream?.status !== 'DELETED') return stream
    this.#streams.delete(name)
    return undefined
  }
}
