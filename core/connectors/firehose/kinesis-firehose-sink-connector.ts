/** Assembly of the Firehose sink from its description. */
import type { Clock } from '../../foundation/clock.ts'
import { awsOptions } from '../../foundation/config/aws-options.ts'
import { Configuration } from '../../foundation/config/configuration.ts'
import { sinkOptions } from '../../foundation/config/sink-options.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import type { KinesisFirehoseSinkSpec } from './kinesis-firehose-sink-spec.ts'
import type { BatchingLimits } from '../async-sink/batching-limits.ts'
import type { DeliveryStreamProxy } from '../../aws/firehose/delivery-stream-proxy.ts'
import { KinesisStreamProxy } from '../../aws/kinesis/kinesis-stream-proxy.ts'
import { checkDestination, NO_START_CONTEXT } from '../../aws/service/stream-readiness.ts'
import type { StartContext } from '../../aws/service/stream-readiness.ts'
import { NO_SCHEMA_SERVICES } from '../../../schemas/glue/schema-services.ts'
import type { SchemaServices } from '../../../schemas/glue/schema-services.ts'
import { serializerOf } from '../../../schemas/serialization.ts'
import type { Serializer } from '../../../schemas/contracts/batch-codec.ts'
import { destinationOf } from '../dead-letters/destination-of-spec.ts'
import type { DeadLetterDestination } from '../dead-letters/dead-letter-destination.ts'
import type { DeadLetterFunction } from '../../operators/dead-letter.ts'
import { EntrySinkWriter } from '../entries/entry-sink-writer.ts'
import { checkSinkLimits, checkSinkOptions } from '../async-sink/sink-limits.ts'
import { noKey } from '../partition-keys/fixed-keys.ts'
import type { Sink, SinkWriterContext } from '../../operators/sink.ts'
import { sinkContracts } from '../async-sink/sink-contracts.ts'

export interface KinesisFirehoseSinkServices {
  /** Makes the client. It is in another module, because it loads the AWS SDK. */
  readonly proxyFactory: (deliveryStreamName: string, configuration: Configuration, clock: Clock) => DeliveryStreamProxy
  readonly schemas?: SchemaServices
  /** The dead letter handler, if it is a function. */
  readonly deadLetters?: DeadLetterFunction | null
  /** From 0 up to 1, for backoff. By default `Math.random`. */
  readonly random?: () => number
}

/** Options that need records with keys, with the values that switch them off. */
const KEYED_OPTIONS = [
  [sinkOptions.ordering, 'NONE'],
  [sinkOptions.aggregation, false],
] as const

export class KinesisFirehoseSinkConnector implements Sink {
  readonly #spec: KinesisFirehoseSinkSpec
  readonly #jobConfiguration: Configuration
  readonly #configuration: Configuration
  readonly #clock: Clock
  readonly #services: KinesisFirehoseSinkServices

  constructor(
    spec: KinesisFirehoseSinkSpec,
    jobConfiguration: Configuration,
    clock: Clock,
    services: KinesisFirehoseSinkServices,
  ) {
    this.#spec = spec
    this.#jobConfiguration = jobConfiguration
    this.#configuration = jobConfiguration.with(spec.configuration)
    this.#clock = clock
    this.#services = services
    checkFirehoseSpec(spec)
    checkSinkOptions(this.#configuration)
    this.#serializer()
  }

  async validate(context: StartContext = NO_START_CONTEXT): Promise<void> {
    const proxy = this.#proxy()
    const deadLetters = this.#deadLetters(() => undefined)
    const serializer = this.#serializer()
    try {
      await serializer.open()
      const what = `The sink's delivery stream ${proxy.deliveryStreamName}`
      await checkDestination(what, async () => ({ status: await proxy.describe() }), context, this.#clock)
      await deadLetters?.validate(context)
    } finally {
      proxy.close()
      serializer.close()
      await deadLetters?.close()
    }
  }

  createWriter(context: SinkWriterContext): EntrySinkWriter {
    const spec = this.#spec
    const proxy = this.#proxy()
    return new EntrySinkWriter({
      sinkName: `The sink to delivery stream ${spec.deliveryStreamName}`,
      streamName: spec.deliveryStreamName,
      limits: spec,
      configuration: this.#configuration,
      clock: this.#clock,
      context,
      serializer: this.#serializer(),
      keysOf: noKey,
      send: (runs, signal) => proxy.putRecordBatch(runs, signal),
      deadLetters: this.#deadLetters(message => context.warn?.(message)),
      ...(this.#services.random === undefined ? {} : { random: this.#services.random }),
      close: () => proxy.close(),
    })
  }

  #serializer(): Serializer {
    return serializerOf(this.#spec.serializationSchema, this.#services.schemas ?? NO_SCHEMA_SERVICES)
  }

  #proxy(): DeliveryStreamProxy {
    return this.#services.proxyFactory(this.#spec.deliveryStreamName, this.#configuration, this.#clock)
  }

  #deadLetters(warn: (message: string) => void): DeadLetterDestination | null {
    const { deadLetters: spec, configuration } = this.#spec
    if (spec === null) return null
    // The endpoint of the sink is the one of Firehose, not of Kinesis.
    const { [awsOptions.endpoint.key]: _, ...others } = configuration
    return destinationOf(spec, {
      clock: this.#clock,
      random: this.#services.random ?? Math.random,
      warn,
      handler: this.#services.deadLetters ?? null,
      proxyOf: stream =>
        new KinesisStreamProxy(
          stream,
          this.#jobConfiguration.with({ ...others, ...stream.configuration }),
          this.#clock,
        ),
    })
  }
}

/** Checks the rules of Flink's builder and the limits of Firehose. @throws ConfigurationError */
export function checkFirehoseSpec(spec: BatchingLimits & Pick<KinesisFirehoseSinkSpec, 'configuration'>): void {
  checkSinkLimits(spec, 'KinesisFirehoseSink', sinkContracts['kinesis-firehose'].service)
  const configuration = new Configuration(spec.configuration)
  for (const [option, off] of KEYED_OPTIONS)
    if (configuration.find<unknown>(option) !== off)
      throw new ConfigurationError(`KinesisFirehoseSink: ${option.key} is for streams whose records have keys.`)
}
