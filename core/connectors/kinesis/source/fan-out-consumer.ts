/**
 * The consumer of enhanced fan-out of a source, made from its configuration. If the service refuses the consumer and
 * `shardline.source.efo.fallback-to-polling` is set, shards are polled.
 */
import type { SourceStreamProxy } from '../../../aws/kinesis/stream-proxy.ts'
import type { Clock } from '../../../foundation/clock.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { maskedUrl } from '../../../foundation/config/mask.ts'
import { ConfigurationError, ShardlineError } from '../../../foundation/errors.ts'
import { StreamConsumerRegistrar } from './enumerator/stream-consumer-registrar.ts'

export class FanOutConsumer {
  readonly #registrar: StreamConsumerRegistrar
  readonly #fallsBackToPolling: boolean
  readonly #warn: (message: string) => void

  private constructor(
    registrar: StreamConsumerRegistrar,
    fallsBackToPolling: boolean,
    warn: (message: string) => void,
  ) {
    this.#registrar = registrar
    this.#fallsBackToPolling = fallsBackToPolling
    this.#warn = warn
  }

  /**
   * `null` when the source polls its shards.
   *
   * @param stream ARN or name, for messages
   * @throws ConfigurationError
   */
  static of(
    stream: string,
    configuration: Configuration,
    clock: Clock,
    warn: (message: string) => void,
  ): FanOutConsumer | null {
    if (configuration.get(kinesisSourceOptions.readerType) === 'POLLING') return null
    const consumerName = configuration.find(kinesisSourceOptions.efoConsumerName)
    if (consumerName === null || !/^[a-zA-Z0-9_.-]{1,128}$/.test(consumerName))
      throw new ConfigurationError(
        `source.reader.type is EFO, which needs source.efo.consumer.name: 1 to 128 letters, digits, dots, dashes or underscores${consumerName === null ? '' : `, not '${maskedUrl(consumerName)}'`}.`,
      )
    const registrar = new StreamConsumerRegistrar(
      {
        stream,
        consumerName,
        lifecycle: configuration.get(kinesisSourceOptions.efoLifecycle),
        describeMinDelayMs: configuration.get(kinesisSourceOptions.efoDescribeMinDelayMs),
        describeMaxDelayMs: configuration.get(kinesisSourceOptions.efoDescribeMaxDelayMs),
        describeMaxAttempts: configuration.get(kinesisSourceOptions.efoDescribeMaxAttempts),
        deregisterTimeoutMs: configuration.get(kinesisSourceOptions.efoDeregisterTimeoutMs),
      },
      clock,
    )
    return new FanOutConsumer(registrar, configuration.get(kinesisSourceOptions.efoFallback), warn)
  }

  /** Resolves to the ARN of the consumer when it is ACTIVE, or to `null` when shards are polled instead. @throws ServiceError */
  async prepare(proxy: SourceStreamProxy, signal: AbortSignal): Promise<string | null> {
    try {
      return await this.#registrar.prepare(proxy, signal)
    } catch (error) {
      const refused = error instanceof ShardlineError && error.code !== 'STREAM_NOT_FOUND' && !signal.aborted
      if (!refused || !this.#fallsBackToPolling) throw error
      this.#warn(`Shards are polled, because enhanced fan-out was refused: ${error.message}`)
      return null
    }
  }

  /** Deregisters the consumer if the job manages it. A failure is a warning, because the job has ended. */
  async release(proxy: SourceStreamProxy): Promise<void> {
    const failure = await this.#registrar.release(proxy)
    if (failure !== null) this.#warn(failure)
  }
}
