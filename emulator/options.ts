// Every option of the emulator, with its type, its default and its meaning.
import type { Clock } from './clock.ts'
import { SystemClock } from './clock.ts'

/** The encoding of the bodies of requests and responses: AwsJson 1.1, or its CBOR form. */
export type ProtocolName = 'json' | 'cbor'

/** The settings of a stream to create. */
export interface StreamOptions {
  /** Number of shards. The default is 1. */
  readonly shards?: number
  /** Retention period in hours, from 24 to 8760. The default is 24. */
  readonly retentionHours?: number
  /**
   * Largest number of bytes of key and data in a record, from 1 MiB to 10 MiB. The default is `maxRecordBytes` of the
   * emulator.
   */
  readonly maxRecordBytes?: number
}

export interface EmulatorOptions {
  /** TCP port. The default is 0, which takes any free port. */
  readonly port?: number
  /** Address to listen on. The default is `127.0.0.1`. */
  readonly host?: string
  /** Region of the account. The default is `us-east-1`. An ARN of another region is not found. */
  readonly region?: string
  /** Account id, which has twelve digits. The default is `000000000000`. An ARN of another account is not found. */
  readonly accountId?: string
  /** Streams that exist at the start. Each name maps to the number of shards, or to the settings of the stream. */
  readonly streams?: Readonly<Record<string, number | StreamOptions>>
  /** Whether the rates and limits of the service are enforced. The default is true. Requests are always validated. */
  readonly limits?: boolean
  /** The encodings that the emulator accepts. The default is both. */
  readonly protocols?: readonly ProtocolName[]
  /** The clock. The default is the clock of the machine. A `VirtualClock` stands still until it is advanced. */
  readonly clock?: Clock
  /** Whether a request without an Authorization header is refused. The default is false. Signatures are never checked. */
  readonly requireSignature?: boolean
  /** Milliseconds for which a new stream or channel is CREATING. The default is 0. */
  readonly createDelayMs?: number
  /** Milliseconds for which a stream, queue or channel is UPDATING after a change. The default is 0. */
  readonly updateDelayMs?: number
  /** Milliseconds for which a deleted stream or channel is DELETING. The default is 0. */
  readonly deleteDelayMs?: number
  /** Milliseconds for which a new consumer or queue is CREATING. The default is 0. */
  readonly consumerCreateDelayMs?: number
  /** Milliseconds for which a deregistered consumer or a deleted queue is DELETING. The default is 0. */
  readonly consumerDeleteDelayMs?: number
  /** Milliseconds after which a subscription ends. The default is 300000. */
  readonly subscriptionMs?: number
  /**
   * Milliseconds after a successful SubscribeToShard in which another call for the same consumer and shard is refused. The
   * default is 5000.
   */
  readonly resubscribeDelayMs?: number
  /** Milliseconds without a record after which a subscription sends an empty event. The default is 5000. */
  readonly emptyEventIntervalMs?: number
  /**
   * Bytes of keys and data in one event of a subscription. The default is 1 MiB. A larger record has an event of its own.
   */
  readonly maxEventBytes?: number
  /** Largest number of bytes of key and data in a record of a new stream. The default is 1 MiB. */
  readonly maxRecordBytes?: number
  /** Number of open shards that the account may have. The default is 20000. */
  readonly shardLimit?: number
  /**
   * Bytes of records that a shard keeps. When there are more, the oldest records are removed before their retention period
   * ends. The default is no bound, as in the service.
   */
  readonly maxBytesPerShard?: number
  /** Number of requests that `requests` keeps one by one. The default is 1000. The counters include every request. */
  readonly requestLogSize?: number
}

/** The options with their defaults. */
export type Settings = Required<EmulatorOptions>

export function settingsOf(options: EmulatorOptions): Settings {
  return {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '000000000000',
    streams: options.streams ?? {},
    limits: options.limits ?? true,
    protocols: options.protocols ?? ['json', 'cbor'],
    clock: options.clock ?? new SystemClock(),
    requireSignature: options.requireSignature ?? false,
    createDelayMs: options.createDelayMs ?? 0,
    updateDelayMs: options.updateDelayMs ?? 0,
    deleteDelayMs: options.deleteDelayMs ?? 0,
    consumerCreateDelayMs: options.consumerCreateDelayMs ?? 0,
    consumerDeleteDelayMs: options.consumerDeleteDelayMs ?? 0,
    subscriptionMs: options.subscriptionMs ?? 300_000,
    resubscribeDelayMs: options.resubscribeDelayMs ?? 5000,
    emptyEventIntervalMs: options.emptyEventIntervalMs ?? 5000,
    maxEventBytes: options.maxEventBytes ?? 1024 * 1024,
    maxRecordBytes: options.maxRecordBytes ?? 1024 * 1024,
    shardLimit: options.shardLimit ?? 20_000,
    maxBytesPerShard: options.maxBytesPerShard ?? Infinity,
    requestLogSize: options.requestLogSize ?? 1000,
  }
}
