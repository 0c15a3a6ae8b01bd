// The emulator as its users see it: started, asked and scripted within the process, reached by any client over HTTP.
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

/** A record to put from within the process; text is stored as UTF-8. */
export interface NewRecord {
  readonly data: string | Uint8Array
  readonly partitionKey: string
  /** Decimal, 0 to 2^128 - 1. */
  readonly explicitHashKey?: string
}

/** Where a record was stored. */
export interface PutResult {
  readonly shardId: string
  readonly sequenceNumber: string
}

/** A shard and the records it retains, oldest first. */
export interface ShardRecords {
  readonly shardId: string
  readonly open: boolean
  /** Decimal; both ends belong to the shard. */
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly records: readonly StoredRecord[]
}

/** A subscription (enhanced fan-out) that is not over. */
export interface OpenSubscription {
  readonly stream: string
  readonly consumer: string
  readonly shardId: string
}

/** An embedded Amazon Kinesis Data Streams. */
export class KinesisEmulator {
  /** The script of faults. */
  readonly faults: Faults
  /** What clients asked. */
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

  /** Starts an emulator; rejects with one clear error when the port is taken. */
  static async start(options: EmulatorOptions = {}): Promise<KinesisEmulator> {
    const emulator = new KinesisEmulator(options)
    const { port, host } = emulator.#account.settings
    const handler = new RequestHandler(emulator.#service)
    emulator.#listener = await Listener.listen(port, host, exchange => void handler.handle(exchange))
    return emulator
  }

  /** An emulator without a port, for simulations: only `call` reaches it. There is nothing to wait for, nothing to close. */
  static inProcess(options: EmulatorOptions = {}): KinesisEmulator {
    return new KinesisEmulator(options)
  }

  /** Such as `http://127.0.0.1:4567`; serves HTTP/1.1 and cleartext HTTP/2. */
  get endpoint(): string {
    const { host } = this.#account.settings
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get port(): number {
    if (this.#listener !== undefined) return this.#listener.port
    throw new Error('This emulator has no port: it was made with KinesisEmulator.inProcess.')
  }

  get region(): string {
    return this.#account.settings.region
  }

  streamArn(stream: string): string {
    return this.#account.arnOf(stream)
  }

  /** Environment variables that point an AWS SDK or CLI here. */
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
   * One operation of the service, such as `GetRecords`, without a socket: takes and answers the members that the AWS SDK's
   * command of that name takes and gives. Rates, quotas, faults and the log of requests apply as to any client. It settles
   * within microtasks; only a `slow` fault, and receiving from an empty queue, wait for the clock.
   *
   * @param input bytes are Uint8Array, timestamps Date
   * @throws KinesisError what the service answers; ConnectionReset where a fault breaks the connection
   */
  async call(operation: string, input: WireObject = {}): Promise<WireObject> {
    return callInProcess(this.#service, operation, input)
  }

  /**
   * SubscribeToShard without a socket: members as the AWS SDK's command takes them, events by iteration.
   *
   * @throws KinesisError what the service answers; ConnectionReset where a fault breaks the connection
   */
  async subscribe(input: WireObject): Promise<ShardSubscription> {
    return subscribeInProcess(this.#service, input)
  }

  /** The subscriptions that are not over, by stream, consumer and shard. */
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

  /** Creates a stream; like a client's CreateStream, but not counted against rates. */
  createStream(name: string, stream: number | StreamOptions = 1): void {
    createIn(this.#account, name, stream)
  }

  /** Deletes a stream at once. */
  deleteStream(name: string): void {
    this.#account.stream(name).delete(this.clock.now(), 0)
  }

  /** Stores records; validated as a client's would be, but never throttled, and any number of them. */
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

  /** Every shard that is still listed, with its retained records. */
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

  /** How many records the stream retains, without looking at them. */
  recordCount(stream: string): number {
    const shards = this.#account.stream(stream).shards()
    return shards.reduce((sum, { log }) => sum + log.nextIndex - log.firstIndex, 0)
  }

  /** Splits a shard at once, by default in the middle of its range; answers the children's ids. Throws while the stream is UPDATING. */
  splitShard(stream: string, shardId: string, newStartingHashKey?: string): string[] {
    const owner = this.#account.stream(stream)
    owner.requireActive()
    const shard = owner.shard(shardId)
    const middle = (shard.range.start + shard.range.end + 1n) / 2n
    const start = newStartingHashKey === undefined ? middle : parseHashKey('NewStartingHashKey', newStartingHashKey)
    checkSplit(owner, shard, start)
    return split(owner, shard, start, this.clock.now()).map(child => child.id)
  }

  /** Merges two adjacent shards at once; answers the child's id. */
  mergeShards(stream: string, shardId: string, adjacentShardId: string): string {
    const owner = this.#account.stream(stream)
    owner.requireActive()
    const shard = owner.shard(shardId)
    const adjacent = owner.shard(adjacentShardId)
    checkMerge(owner, shard, adjacent)
    return merge(owner, shard, adjacent, this.clock.now()).id
  }

  /** Ends every open connection and frees the port; closing twice is closing once. */
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
