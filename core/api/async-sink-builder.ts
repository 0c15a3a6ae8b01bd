/** The common part of the builders of sinks that send batches. The setters are Flink's. */
import { awsOptions } from '../foundation/config/aws-options.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { sinkOptions } from '../foundation/config/sink-options.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { SerializationSchema } from '../../schemas/contracts/program-schema.ts'
import { checkDeadLetterHandler, deadLettersSpecOf } from './dead-letter-handler.ts'
import type { DeadLetterHandler } from './dead-letter-handler.ts'
import { isSchema, schemaSpecOf } from './schemas/schema.ts'
import type { RegisterLocal, Schema } from './schemas/schema.ts'
import type { BatchingLimits } from '../connectors/async-sink/batching-limits.ts'

export class AsyncSinkBuilder {
  #clientProperties: Readonly<Record<string, string>> = {}
  #sinkConfig: Readonly<Record<string, string>> = {}
  #schema: Schema<unknown, never> | SerializationSchema<never> | null = null
  #deadLetters: DeadLetterHandler | null = null
  /** The name of the sink in messages. */
  readonly #sink: string
  readonly #settings: { -readonly [Name in keyof BatchingLimits]: BatchingLimits[Name] }

  protected constructor(sink: string, defaults: BatchingLimits) {
    this.#sink = sink
    this.#settings = { ...defaults }
  }

  /** @param schema a schema of this package, or an object of the program with a method `serialize` @throws ConfigurationError */
  setSerializationSchema(schema: Schema<unknown, never> | SerializationSchema<never>): this {
    if (!isSchema(schema, 'serialize'))
      throw new ConfigurationError(
        `${this.#sink}: setSerializationSchema takes a schema such as new SimpleStringSchema(), or an object with a method serialize.`,
      )
    this.#schema = schema
    return this
  }

  /** `sink.*` keys, which Flink does not have; see docs/reference/options.md and `SinkConfigOptions`. @throws ConfigurationError */
  setSinkConfig(configuration: Configuration | Readonly<Record<string, string>>): this {
    this.#sinkConfig = checked(configuration)
    return this
  }

  /**
   * Sets the handler of records that can never be written, because they are too large, have no valid key, or are rejected by the
   * service even when sent alone. Without a handler such a record fails the job. (Flink has no such setter.)
   *
   * @example setDeadLetterHandler(DeadLetterHandler.file('rejected.jsonl'))
   * @example setDeadLetterHandler(async records => { for (const { code, data } of records) await store(code, data) })
   */
  setDeadLetterHandler(handler: DeadLetterHandler): this {
    checkDeadLetterHandler(handler, this.#sink)
    this.#deadLetters = handler
    return this
  }

  /** With the default `false`, rejected records are sent again until the service accepts them. */
  setFailOnError(failOnError: boolean): this {
    if (typeof (failOnError as unknown) !== 'boolean')
      throw new ConfigurationError(
        `${this.#sink}: failOnError must be true or false, not ${JSON.stringify(failOnError)}.`,
      )
    this.#settings.failOnError = failOnError
    return this
  }

  /** The maximum number of records of a request. Default: 500, the limit of the service. */
  setMaxBatchSize(maxBatchSize: number): this {
    this.#settings.maxBatchSize = maxBatchSize
    return this
  }

  /** The maximum number of concurrent requests. Default: 50. */
  setMaxInFlightRequests(maxInFlightRequests: number): this {
    this.#settings.maxInFlightRequests = maxInFlightRequests
    return this
  }

  /** The maximum number of buffered records. It must be greater than `maxBatchSize`. Default: 10000. */
  setMaxBufferedRequests(maxBufferedRequests: number): this {
    this.#settings.maxBufferedRequests = maxBufferedRequests
    return this
  }

  /** The maximum size of a request in bytes, not less than that of a record. Default: 5 MiB, for Firehose 4 MiB, its limit. */
  setMaxBatchSizeInBytes(maxBatchSizeInBytes: number): this {
    this.#settings.maxBatchSizeInBytes = maxBatchSizeInBytes
    return this
  }

  /** The maximum time in milliseconds that a record is buffered before it is sent. Default: 5000. */
  setMaxTimeInBufferMs(maxTimeInBufferMs: number): this {
    this.#settings.maxTimeInBufferMs = maxTimeInBufferMs
    return this
  }

  /**
   * The maximum size of a record in bytes, including its key. Default: 1 MiB. Up to 10 MiB is possible for streams with such a
   * limit. For Firehose the default is 1000 KiB, its limit.
   */
  setMaxRecordSizeInBytes(maxRecordSizeInBytes: number): this {
    this.#settings.maxRecordSizeInBytes = maxRecordSizeInBytes
    return this
  }

  protected setClientProperties(properties: Configuration | Readonly<Record<string, string>>): void {
    this.#clientProperties = checked(properties)
  }

  /** @throws ConfigurationError if there is no schema */
  protected common() {
    const [schema, handler] = [this.#schema, this.#deadLetters]
    if (schema === null)
      throw new ConfigurationError(
        `No SerializationSchema was supplied to the ${this.#sink} builder: call setSerializationSchema.`,
      )
    return {
      /** The fields that every sink's description has. */
      described: { configuration: { ...this.#clientProperties, ...this.#sinkConfig }, ...this.#settings },
      /** Registers a function of this process when a job is assembled. */
      functions: (register: RegisterLocal) => ({
        serializationSchema: schemaSpecOf(schema, register),
        deadLetters: deadLettersSpecOf(handler, register),
      }),
    }
  }
}

function checked(configuration: Configuration | Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const read = configuration instanceof Configuration ? configuration : new Configuration(configuration)
  for (const option of [...Object.values(awsOptions), ...Object.values(sinkOptions)]) read.find<unknown>(option)
  return read.toObject()
}
