/** What a program says of a Kinesis sink. The setters and defaults are Flink's; a wrong value fails at the call or at `build`. */
import { awsOptions } from '../config/aws-options.ts'
import { Configuration } from '../config/configuration.ts'
import { ConfigurationError } from '../errors.ts'
import type { KinesisStreamsSinkSpec, PartitionKeyGeneratorSpec } from '../job-graph/job-graph.ts'
import { parseStreamArn } from '../kinesis/arn.ts'
import type { LocalFunction } from '../operators/local-function-operator.ts'
import { checkSinkLimits } from '../sink/kinesis-streams-sink.ts'
import type { PartitionKey } from '../sink/partition-key-generator.ts'
import type { Schema } from './schema.ts'

/** A function of the value, which may give an explicit hash key as well, or one of `PartitionKeyGenerator`'s. */
export type PartitionKeyGenerator<T> =
  ((value: T) => string | PartitionKey) | { readonly type: 'fixed' } | { readonly type: 'random' }

export const PartitionKeyGenerator = {
  /** The sink subtask's index: everything that it writes goes to one shard, in order. */
  fixed: () => ({ type: 'fixed' }) as const,
  /** A UUID for each record: an even spread. */
  random: () => ({ type: 'random' }) as const,
} as const

type RegisterLocal = (key: LocalFunction) => string

export class KinesisStreamsSink {
  readonly toSpec: (register: RegisterLocal) => KinesisStreamsSinkSpec

  constructor(toSpec: (register: RegisterLocal) => KinesisStreamsSinkSpec) {
    this.toSpec = toSpec
  }

  static builder(): KinesisStreamsSinkBuilder {
    return new KinesisStreamsSinkBuilder()
  }
}

export class KinesisStreamsSinkBuilder {
  #streamArn: string | null = null
  #streamName: string | null = null
  #configuration: Readonly<Record<string, string>> = {}
  #schema: Schema<unknown> | null = null
  #key: PartitionKeyGenerator<never> = { type: 'random' }
  readonly #settings = {
    failOnError: false,
    maxBatchSize: 500,
    maxInFlightRequests: 50,
    maxBufferedRequests: 10_000,
    maxBatchSizeInBytes: 5 * 1024 * 1024,
    maxTimeInBufferMs: 5000,
    maxRecordSizeInBytes: 1024 * 1024,
  }

  /** Wins over a stream name; the region is taken from it. @throws ConfigurationError */
  setStreamArn(streamArn: string): this {
    this.#streamArn = parseStreamArn(streamArn).arn
    return this
  }

  setStreamName(streamName: string): this {
    this.#streamName = streamName
    return this
  }

  /** `aws.*` keys; see docs/options.md. @throws ConfigurationError */
  setKinesisClientProperties(properties: Configuration | Readonly<Record<string, string>>): this {
    const checked = properties instanceof Configuration ? properties : new Configuration(properties)
    for (const option of Object.values(awsOptions)) checked.find<unknown>(option)
    this.#configuration = checked.toObject()
    return this
  }

  setSerializationSchema(schema: Schema<unknown>): this {
    this.#schema = schema
    return this
  }

  /**
   * Default: random.
   *
   * @example setPartitionKeyGenerator((order: Order) => order.table)
   * @example setPartitionKeyGenerator((o: Order) => ({ partitionKey: o.table, explicitHashKey: o.vip ? 0n : null }))
   */
  setPartitionKeyGenerator<T>(generator: PartitionKeyGenerator<T>): this {
    this.#key = generator
    return this
  }

  /** Default false: refused records are sent again until they are taken. */
  setFailOnError(failOnError: boolean): this {
    this.#settings.failOnError = failOnError
    return this
  }

  /** Records of a request; default 500, which is the service's most. */
  setMaxBatchSize(maxBatchSize: number): this {
    this.#settings.maxBatchSize = maxBatchSize
    return this
  }

  setMaxInFlightRequests(maxInFlightRequests: number): this {
    this.#settings.maxInFlightRequests = maxInFlightRequests
    return this
  }

  /** Records that may wait; must be more than `maxBatchSize`. Default 10000. */
  setMaxBufferedRequests(maxBufferedRequests: number): this {
    this.#settings.maxBufferedRequests = maxBufferedRequests
    return this
  }

  /** Bytes of a request, keys included. Default 5 MiB. */
  setMaxBatchSizeInBytes(maxBatchSizeInBytes: number): this {
    this.#settings.maxBatchSizeInBytes = maxBatchSizeInBytes
    return this
  }

  /** Milliseconds that a record waits at most for company. Default 5000. */
  setMaxTimeInBufferMs(maxTimeInBufferMs: number): this {
    this.#settings.maxTimeInBufferMs = maxTimeInBufferMs
    return this
  }

  /** Bytes of a record with its key. Default 1 MiB. */
  setMaxRecordSizeInBytes(maxRecordSizeInBytes: number): this {
    this.#settings.maxRecordSizeInBytes = maxRecordSizeInBytes
    return this
  }

  build(): KinesisStreamsSink {
    if (this.#streamArn === null && !this.#streamName)
      throw new ConfigurationError('KinesisStreamsSink: set the stream with setStreamArn or setStreamName.')
    if (this.#schema === null)
      throw new ConfigurationError('KinesisStreamsSink: set a schema with setSerializationSchema.')
    const key = this.#key
    const specOf = (partitionKeyGenerator: PartitionKeyGeneratorSpec): KinesisStreamsSinkSpec => ({
      type: 'kinesis-streams',
      streamArn: this.#streamArn,
      streamName: this.#streamName,
      configuration: this.#configuration,
      serializationSchema: this.#schema!.spec,
      partitionKeyGenerator,
      deadLetters: null,
      ...this.#settings,
    })
    checkSinkLimits(specOf({ type: 'random' }))
    const spec = typeof key === 'function' ? null : specOf(key)
    return new KinesisStreamsSink(
      register => spec ?? specOf({ type: 'local', localId: register(key as LocalFunction) }),
    )
  }
}
