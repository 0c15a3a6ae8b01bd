/** What the builders of all sinks that send in batches have in common. The setters are Flink's. */
import { awsOptions } from '../foundation/config/aws-options.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { sinkOptions } from '../foundation/config/sink-options.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { SerializationSchema } from '../../schemas/contracts/program-schema.ts'
import { checkDeadLetterHandler, deadLettersSpecOf } from './dead-letter-handler.ts'
import type { DeadLetterHandler } from './dead-letter-handler.ts'
import { isSchema, schemaSpecOf } from './schemas/schema.ts'
import type { RegisterLocal, Schema } from './schemas/schema.ts'

export interface AsyncSinkDefaults {
  readonly maxBatchSizeInBytes: number
  readonly maxRecordSizeInBytes: number
}

export class AsyncSinkBuilder {
  #clientProperties: Readonly<Record<string, string>> = {}
  #sinkConfig: Readonly<Record<string, string>> = {}
  #schema: Schema<unknown, never> | SerializationSchema<never> | null = null
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

  /** One of this package's, or an object with a method `serialize` of the program's own. @throws ConfigurationError */
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
   * Who gets records that can never be written: too large, without a usable key, or refused by the service even when sent
   * alone. Without a handler the first of them fails the job. (Flink has none.)
   *
   * @example setDeadLetterHandler(DeadLetterHandler.file('rejected.jsonl'))
   * @example setDeadLetterHandler(async letters => { for (const { code, data } of letters) await store(code, data) })
   */
  setDeadLetterHandler(handler: DeadLetterHandler): this {
    checkDeadLetterHandler(handler, this.#sink)
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

  /** @throws ConfigurationError if there is no schema */
  protected common() {
    const [schema, handler] = [this.#schema, this.#deadLetters]
    if (schema === null)
      throw new ConfigurationError(
        `No SerializationSchema was supplied to the ${this.#sink} builder: call setSerializationSchema.`,
      )
    return {
      /** What every sink is described with. */
      described: { configuration: { ...this.#clientProperties, ...this.#sinkConfig }, ...this.#settings },
      /** Of this process; called as a job is assembled. */
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
