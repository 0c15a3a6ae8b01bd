// The public class of the emulator. A program starts it, reads its state and scripts its faults within the process. Clients
// of Kinesis reach it over HTTP.
import type { Clock } from './clock.ts'
import { Faults } from './faults/faults.ts'
import { store } from './operations/put-records.ts'
import type { EmulatorOptions, StreamOptions } from './options.ts'
import { settingsOf } from './options.ts'
import type { WireObject } from './encoding/wire-value.ts'
import { RequestLog } from './requests/request-log.ts'
import { Listener } from './server/listener.ts'
import { RequestHandler } from './server/request-handler.ts'
import { callInProcess, subscribeInProcess } from './service/in-process.ts'
import type { ShardSubscription } from './service/in-process.ts'
import { Service } from './service/service.ts'
import { Account } from './store/account.ts'
import { parseHashKey } from './store/hash-key.ts'
import { MAX_BATCH_RECORDS, RecordBatch } from './store/record-batch.ts'
import { checkMerge, checkSplit, merge, split } from './store/reshard.ts'
import type { Shard } from './store/shard.ts'
import { StoredRecord } from './stored-record.ts'

/** A record for `put`. Text is stored as UTF-8. */
export interface NewRecord {
  readonly data: string | Uint8Array
  readonly partitionKey: string
  /** A decimal number from 0 to 2^128 - 1. */
  readonly explicitHashKey?: string
}

/** The place of a stored record. */
export interface PutResult {
  readonly shardId: string
  readonly sequenceNumber: string
}

/** A shard and the records that it retains, oldest first. */
export interface ShardRecords {
  readonly shardId: string
  readonly open: boolean
  /** A decimal number. The starting and the ending hash key both belong to the shard. */
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly records: readonly StoredRecord[]
}

/** A subscription (enhanced fan-out) that has not ended. */
export interface OpenSubscription {
  readonly stream: string
  readonly consumer: string
  readonly shardId: string
}

/** An emulator of Amazon Kinesis Data Streams. */
export class KinesisEmulator {
  /** The script of faults. */
  readonly faults: Faults
  /** The log of requests. */
  readonly requests: RequestLog
  readonly clock: Clock
  readonly #account: Account
  readonly #service: Service
  #listener: Listener | undefined
  #closed: Promise<void> | undefined

  private constructor(options: EmulatorOptions) {
    const settings = settingsOf(options)
    this.#account = new Account(settings)
    for (const [name, stream] of Object.entries(settings.streams)) createIn(this.#account, name, stream)
    this.faults = new Faults()
    this.requests = new RequestLog(settings.requestLogSize)
    this.clock = settings.clock
    this.#service = new Service(this.#account, this.faults, this.requests)
  }

  /** Starts an emulator that listens on a port. Rejects when the port is taken. */
  static async start(options: EmulatorOptions = {}): Promise<KinesisEmulator> {
    const emulator = new KinesisEmulator(options)
    const { port, host } = emulator.#account.settings
    const handler = new RequestHandler(emulator.#service)
    emulator.#listener = await Listener.listen(port, host, exchange => void handler.handle(exchange))
    return emulator
  }

  /** Makes an emulator without a port. Only `call` and `subscribe` reach it, and it does not need to be closed. */
  static inProcess(options: EmulatorOptions = {}): KinesisEmulator {
    return new KinesisEmulator(options)
  }

  /** The URL, such as `http://127.0.0.1:4567`. It serves HTTP/1.1 and cleartext HTTP/2. */
  get endpoint(): string {
    const { host } = this.#account.settings
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get port(): number {
    if (this.#listener !== undefined) return this.#listener.port
    throw new Error('This emulator has no port, because it was made with KinesisEmulator.inProcess.')
  }

  get region(): string {
    return this.#account.settings.region
  }

  streamArn(stream: string): string {
    return this.#account.arnOf(stream)
  }

  /** Environment variables that direct an AWS SDK or the AWS CLI to this emulator. */
  environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_KINESIS: this.endpoint,
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_ACCESS_KEY_ID: 'emulator',
      AWS_SECRET_ACCESS_KEY: 'emulator',
    }
  }

  /**
   * Calls one operation of the service, such as `GetRecords`, without a socket. The input and the output have the members
   * of the AWS SDK's command of that name. Rates, quotas, faults and the log of requests apply as they do to a client. The
   * promise settles within microtasks, with two exceptions: a `slow` fault and a receive from an empty queue wait for the
   * clock.
   *
   * @param input The members. Bytes are Uint8Array, timestamps are Date.
   * @throws KinesisError when the service returns an error; ConnectionReset when a fault breaks the connection
   */
  async call(operation: string, input: WireObject = {}): Promise<WireObject> {
    return callInProcess(this.#service, operation, input)
  }

  /**
   * Calls SubscribeToShard without a socket. The input has the members of the AWS SDK's command. The result iterates over
   * the events.
   *
   * @throws KinesisError when the service returns an error; ConnectionReset when a fault breaks the connection
   */
  async subscribe(input: WireObject): Promise<ShardSubscription> {
    return subscribeInProcess(this.#service, input)
  }

  /** Returns the subscriptions that have not ended. */
  subscriptions(): OpenSubscription[] {
    return this.#account
      .streams()
      .flatMap(stream =>
        [...stream.consumers.values()].flatMap(consumer =>
          [...consumer.subscriptions]
            .filter(([, subscription]) => !subscription.over)
            .map(([shardId]) => ({ stream: stream.name, consumer: consumer.name, shardId })),
        ),
      )
  }

  /** Creates a stream as CreateStream does, without taking from the rate of CreateStream. */
  createStream(name: string, stream: number | StreamOptions = 1): void {
    createIn(this.#account, name, stream)
  }

  /** Deletes a stream at once. */
  deleteStream(name: string): void {
    this.#account.stream(name).delete(this.clock.now(), 0)
  }

  /** Stores any number of records. They are validated as those of a client, and never throttled. */
  put(stream: string, records: readonly NewRecord[]): PutResult[] {
    const results: PutResult[] = []
    for (let from = 0; from < records.length; from += MAX_BATCH_RECORDS) {
      const batch = RecordBatch.of(
        records.slice(from, from + MAX_BATCH_RECORDS).map(({ data, partitionKey, explicitHashKey }) => ({
          data: typeof data === 'string' ? Buffer.from(data, 'utf8') : data,
          partitionKey,
          explicitHashKey,
        })),
      )
      for (const outcome of store(this.#account, this.#account.stream(stream), batch, { limits: false })) {
        if ('code' in outcome) throw new Error(outcome.message)
        const { shard, index } = outcome
        results.push({ shardId: shard.id, sequenceNumber: shard.sequence.format(index) })
      }
    }
    return results
  }

  /** Every shard that ListShards returns, with its retained records. */
  records(stream: string): ShardRecords[] {
    return this.#account
      .stream(stream)
      .shards()
      .map(shard => ({
        shardId: shard.id,
        open: shard.open,
        startingHashKey: String(shard.range.start),
        endingHashKey: String(shard.range.end),
        records: recordsOf(shard),
      }))
  }

  /** The number of records that the stream retains. The records are not read. */
  recordCount(stream: string): number {
    const shards = this.#account.stream(stream).shards()
    return shards.reduce((sum, { log }) => sum + log.nextIndex - log.firstIndex, 0)
  }

  /**
   * Splits a shard at once, by default in the middle of its range. Returns the ids of the children. Throws when the stream
   * is not ACTIVE.
   */
  splitShard(stream: string, shardId: string, newStartingHashKey?: string): string[] {
    const owner = this.#account.stream(stream)
    owner.requireActive()
    const shard = owner.shard(shardId)
    const middle = (shard.range.start + shard.range.end + 1n) / 2n
    const start = newStartingHashKey === undefined ? middle : parseHashKey('NewStartingHashKey', newStartingHashKey)
    checkSplit(owner, shard, start)
    return split(owner, shard, start, this.clock.now()).map(child => child.id)
  }

  /** Merges two adjacent shards at once. Returns the id of the child. Throws when the stream is not ACTIVE. */
  mergeShards(stream: string, shardId: string, adjacentShardId: string): string {
    const owner = this.#account.stream(stream)
    owner.requireActive()
    const shard = owner.shard(shardId)
    const adjacent = owner.shard(adjacentShardId)
    checkMerge(owner, shard, adjacent)
    return merge(owner, shard, adjacent, this.clock.now()).id
  }

  /** Ends every open connection and frees the port. A second call has no effect. */
  async close(): Promise<void> {
    this.#closed ??= this.#listener?.close() ?? Promise.resolve()
    await this.#closed
  }
}

function createIn(account: Account, name: string, stream: number | StreamOptions): void {
  const { shards = 1, ...others } = typeof stream === 'number' ? { shards: stream } : stream
  account.create(name, { shardCount: shards, ...others })
}

function recordsOf({ id, log, sequence }: Shard): StoredRecord[] {
  const { runs } = log.read(0, Infinity, Infinity)
  return runs.flatMap(({ segment, from, to }) =>
    Array.from({ length: to - from }, (_, i) => new StoredRecord(id, sequence, segment, from + i)),
  )
}
