// Every option of the emulator once: type, default, meaning.
import type { Clock } from './clock.ts'
import { SystemClock } from './clock.ts'

/** How a client and the emulator encode bodies: AwsJson 1.1 or the CBOR form of it. */
export type ProtocolName = 'json' | 'cbor'

/** A stream to be created with the emulator. */
export interface StreamOptions {
  /** Default 1. */
  readonly shards?: number
  /** 24 to 8760, default 24. */
  readonly retentionHours?: number
  /** Bytes of key and data a record may have, 1 MiB to 10 MiB; default the emulator's `maxRecordBytes`. */
  readonly maxRecordBytes?: number
}

export interface EmulatorOptions {
  /** TCP port; 0, the default, takes any free one. */
  readonly port?: number
  /** Address to listen on, default `127.0.0.1`. */
  readonly host?: string
  /** Default `us-east-1`. An ARN of another region is not found. */
  readonly region?: string
  /** Twelve digits, default `000000000000`. An ARN of another account is not found. */
  readonly accountId?: string
  /** Streams to start with: name to shard count, or to more about it. */
  readonly streams?: Readonly<Record<string, number | StreamOptions>>
  /** Whether the service's rates are enforced, default true. Validation stays either way. */
  readonly limits?: boolean
  /** Which encodings are understood, default both. */
  readonly protocols?: readonly ProtocolName[]
  /** Default the machine's clock; a `VirtualClock` stands still until it is advanced. */
  readonly clock?: Clock
  /** Whether a request without an Authorization header is refused, default false. Signatures are never checked. */
  readonly requireSignature?: boolean
  /** Milliseconds a new stream or channel stays CREATING, default 0. */
  readonly createDelayMs?: number
  /** Milliseconds a stream, queue or channel stays UPDATING before a change takes effect, default 0. */
  readonly updateDelayMs?: number
  /** Milliseconds a deleted stream or channel stays DELETING, default 0. */
  readonly deleteDelayMs?: number
  /** Milliseconds a new consumer or queue stays CREATING, default 0. */
  readonly consumerCreateDelayMs?: number
  /** Milliseconds a deregistered consumer, or a deleted queue, stays DELETING, default 0. */
  readonly consumerDeleteDelayMs?: number
  /** Milliseconds a subscription lasts, default 300000. */
  readonly subscriptionMs?: number
  /** Milliseconds after a successful SubscribeToShard in which another one is refused, default 5000. */
  readonly resubscribeDelayMs?: number
  /** Milliseconds without a record after which a subscription sends an empty event, default 5000. */
  readonly emptyEventIntervalMs?: number
  /** Bytes of keys and data in one event of a subscription, default 1 MiB; a larger record travels alone. */
  readonly maxEventBytes?: number
  /** Bytes of key and data a record of a new stream may have, default 1 MiB. */
  readonly maxRecordBytes?: number
  /** Open shards the account may have, default 20000. */
  readonly shardLimit?: number
  /** Bytes of records kept a shard; beyond, the oldest go before their retention. Default no bound, as the service. */
  readonly maxBytesPerShard?: number
  /** Requests that `requests` remembers one by one, default 1000; counters are not bounded by it. */
  readonly requestLogSize?: number
}

/** The options with every default filled in. */
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
