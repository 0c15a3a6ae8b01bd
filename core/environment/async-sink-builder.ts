/** What the builders of all sinks that send in batches have in common. The setters are Flink's. */
import { awsOptions } from '../config/aws-options.ts'
import { Configuration } from '../config/configuration.ts'
import { sinkOptions } from '../config/sink-options.ts'
import { ConfigurationError } from '../errors.ts'
import type { DeadLettersSpec } from '../job-graph/job-graph.ts'
import type { LocalFunction } from '../operators/local-function-operator.ts'
import type { DeadLetterHandler } from './dead-letter-handler.ts'
import type { Schema } from './schema.ts'

/** Gives a function of this process a name that the graph can hold. */
export type RegisterLocal = (fn: LocalFunction) => string

export interface AsyncSinkDefaults {
  readonly maxBatchSizeInBytes: number
  readonly maxRecordSizeInBytes: number
}

export class AsyncSinkBuilder {
  #clientProperties: Readonly<Record<string, string>> = {}
  #sinkConfig: Readonly<Record<string, string>> = {}
  #schema: Schema<unknown> | null = null
  #deadLetters: DeadLetterHandler | null = null
  /** Its name in messages. */
  readonly #sink: string
  readonly #settings

  protected constructor(sink: string, defaults: AsyncSinkDefaults) {
    this.#sink = sink
    this.#settings = {
      failOnError: false,
      maxBatchSize: 500,
      maxInFlightRequests: 50,
      maxBufferedRequests: 10_000,
      maxTimeInBufferMs: 5000,
      ...defaults,
    }
  }

  setSerializationSchema(schema: Schema<unknown>): this {
    this.#schema = schema
    return this
  }

  /** `sink.*` keys, which Flink does not have; see docs/options.md and `SinkConfigOptions`. @throws ConfigurationError */
  setSinkConfig(configuration: Configuration | Readonly<Record<string, string>>): this {
    this.#sinkConfig = checked(configuration)
    return this
  }

  /**
   * Who gets records that can never be written: too large, without a usable key, or refused by the service even when sent
   * alone. Without a handler the first of them fails the job. (Flink has none.)
   *
   * @example setDeadLetterHandler(DeadLetterHandler.file('rejected.jsonl'))
   * @example setDeadLetterHandler(async letters => { for (const { code, data } of letters) await store(code, data) })
   */
  setDeadLetterHandler(handler: DeadLetterHandler): this {
    if (typeof handler !== 'function' && typeof (handler as { type?: unknown } | null)?.type !== 'string')
      throw new ConfigurationError(
        `${this.#sink}: setDeadLetterHandler takes a function, DeadLetterHandler.file(path) or DeadLetterHandler.stream(name), not ${JSON.stringify(handler)}.`,
      )
    this.#deadLetters = handler
    return this
  }

  /** Default false: refused records are sent again until they are taken. */
  setFailOnError(failOnError: boolean): this {
    if (typeof (failOnError as unknown) !== 'boolean')
      throw new ConfigurationError(
        `${this.#sink}: failOnError must be true or false, not ${JSON.stringify(failOnError)}.`,
      )
    this.#settings.failOnError = failOnError
    return this
  }

  /** Records of a request; default 500, which is the service's most. */
  setMaxBatchSize(maxBatchSize: number): this {
    this.#settings.maxBatchSize = maxBatchSize
    return this
  }

  /** Default 50. */
  setMaxInFlightRequests(maxInFlightRequests: number): this {
    this.#settings.maxInFlightRequests = maxInFlightRequests
    return this
  }

  /** Records that may wait; must be more than `maxBatchSize`. Default 10000. */
  setMaxBufferedRequests(maxBufferedRequests: number): this {
    this.#settings.maxBufferedRequests = maxBufferedRequests
    return this
  }

  /** Bytes of a request, at least those of a record. Default 5 MiB, for Firehose 4 MiB, which is its most. */
  setMaxBatchSizeInBytes(maxBatchSizeInBytes: number): this {
    this.#settings.maxBatchSizeInBytes = maxBatchSizeInBytes
    return this
  }

  /** Milliseconds that a record waits at most for company. Default 5000. */
  setMaxTimeInBufferMs(maxTimeInBufferMs: number): this {
    this.#settings.maxTimeInBufferMs = maxTimeInBufferMs
    return this
  }

  /**
   * Bytes of a record, with its key if it has one. Default 1 MiB; up to 10 MiB for streams whose own limit is that large. For
   * Firehose 1000 KiB, which is its most.
   */
  setMaxRecordSizeInBytes(maxRecordSizeInBytes: number): this {
    this.#settings.maxRecordSizeInBytes = maxRecordSizeInBytes
    return this
  }

  protected setClientProperties(properties: Configuration | Readonly<Record<string, string>>): void {
    this.#clientProperties = checked(properties)
  }

  /** Called as a job is assembled. */
  protected deadLetters(): (register: RegisterLocal) => DeadLettersSpec | null {
    const handler = this.#deadLetters
    return register => (typeof handler === 'function' ? { type: 'local', localId: register(handler) } : handler)
  }

  /** What every sink is described with, but for the dead letters. @throws ConfigurationError if there is no schema */
  protected common() {
    if (this.#schema === null)
      throw new ConfigurationError(
        `No SerializationSchema was supplied to the ${this.#sink} builder: call setSerializationSchema.`,
      )
    return {
      configuration: { ...this.#clientProperties, ...this.#sinkConfig },
      serializationSchema: this.#schema.spec,
      ...this.#settings,
    }
  }
}

function checked(configuration: Configuration | Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const read = configuration instanceof Configuration ? configuration : new Configuration(configuration)
  for (const option of [...Object.values(awsOptions), ...Object.values(sinkOptions)]) read.find<unknown>(option)
  return read.toObject()
}
