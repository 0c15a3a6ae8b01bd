/**
 * Assembly of the Kinesis source from its description: it validates, and makes one enumerator a job and one reader a subtask,
 * each with a client of its own. It holds no logic.
 */
import type { Clock } from '../../../foundation/clock.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { executionOptions } from '../../../foundation/config/execution-options.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { maskedUrl } from '../../../foundation/config/mask.ts'
import { ConfigurationError, ShardlineError } from '../../../foundation/errors.ts'
import type { KinesisStreamsSourceSpec } from '../../../graph/job-graph.ts'
import { parseStreamArn } from '../../../aws/service/arn.ts'
import { KinesisStreamProxy } from '../../../aws/kinesis/kinesis-stream-proxy.ts'
import type { StreamIdentity } from '../../../aws/kinesis/kinesis-stream-proxy.ts'
import { NO_START_CONTEXT } from '../../../aws/service/stream-readiness.ts'
import type { StartContext } from '../../../aws/service/stream-readiness.ts'
import type { SourceStreamProxy } from '../../../aws/kinesis/stream-proxy.ts'
import { deserializerOf } from '../../../../schemas/deserialization.ts'
import type { Deserializer } from '../../../../schemas/contracts/batch-codec.ts'
import { NO_SCHEMA_SERVICES } from '../../../../schemas/glue/schema-services.ts'
import type { SchemaServices } from '../../../../schemas/glue/schema-services.ts'
import { destinationOf } from '../../dead-letters/destination-of-spec.ts'
import type { DeadLetterFunction, DeadLetterDestination } from '../../dead-letters/dead-letter-destination.ts'
import type { ShardAssignment, SplitEvent } from './split/split-events.ts'
import { PoisonedRecords } from './emitter/poisoned-records.ts'
import type { PoisonedRecordsOptions } from './emitter/poisoned-records.ts'
import { RecordEmitter } from './emitter/record-emitter.ts'
import { KinesisStreamsSourceEnumerator } from './enumerator/kinesis-streams-source-enumerator.ts'
import { oneByOne } from './enumerator/shard-assigner.ts'
import type { AssignShards } from './enumerator/shard-assigner.ts'
import { StreamConsumerRegistrar } from './enumerator/stream-consumer-registrar.ts'
import { uniformShardAssigner } from './enumerator/uniform-shard-assigner.ts'
import { retryOptions, SourceInstants } from './instants.ts'
import { KinesisStreamsSourceReader } from './reader/kinesis-streams-source-reader.ts'
import { RecordLosses } from './emitter/record-losses.ts'
import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceEnumerator,
  SourceReader,
} from '../../../operators/source/source.ts'

export type SourceProxyFactory = (
  stream: StreamIdentity,
  configuration: Configuration,
  clock: Clock,
) => SourceStreamProxy & { readonly customEndpoint?: boolean }

const realProxy: SourceProxyFactory = (stream, configuration, clock) =>
  new KinesisStreamProxy(stream, configuration, clock)

export interface SourceCollaborators {
  readonly proxyFactory?: SourceProxyFactory
  /** Of the program; null: the uniform one. */
  readonly assign?: AssignShards | null
  readonly schemas?: SchemaServices
  /** The dead letters' handler, where it is a function. */
  readonly deadLetters?: DeadLetterFunction | null
  /** A function completes the schema. */
  readonly keepsRecords?: boolean
  readonly warn?: (message: string) => void
}

export class KinesisStreamsSourceConnector implements Source<ShardAssignment, SplitEvent> {
  readonly bounded = false
  readonly maxParallelism = null
  readonly #spec: KinesisStreamsSourceSpec
  readonly #configuration: Configuration
  readonly #clock: Clock
  readonly #proxyFactory: SourceProxyFactory
  readonly #assign: AssignShards
  readonly #schemas: SchemaServices
  readonly #deadLetterHandler: DeadLetterFunction | null
  readonly #keepsRecords: boolean
  readonly #warn: (message: string) => void
  readonly #losses: RecordLosses
  /** "Latest" is the instant at which the job was first submitted, in all its attempts. */
  readonly #instants: SourceInstants
  /** null: shards are polled. */
  readonly #registrar: StreamConsumerRegistrar | null

  /** `jobConfiguration` gives the keys that the source's own configuration leaves out. */
  constructor(
    spec: KinesisStreamsSourceSpec,
    jobConfiguration: Configuration,
    clock: Clock,
    {
      proxyFactory = realProxy,
      assign = null,
      schemas = NO_SCHEMA_SERVICES,
      deadLetters = null,
      keepsRecords = false,
      warn = () => undefined,
    }: SourceCollaborators = {},
  ) {
    this.#spec = spec
    this.#configuration = jobConfiguration.with(spec.configuration)
    this.#clock = clock
    this.#proxyFactory = proxyFactory
    this.#assign = assign ?? oneByOne(uniformShardAssigner)
    this.#schemas = schemas
    this.#deadLetterHandler = deadLetters
    this.#keepsRecords = keepsRecords
    this.#warn = warn
    this.#losses = new RecordLosses(clock, warn)
    if (spec.streamArn !== null) parseStreamArn(spec.streamArn)
    else if (!spec.streamName) throw new ConfigurationError('A Kinesis source needs the ARN or the name of a stream.')
    for (const option of Object.values(kinesisSourceOptions)) this.#configuration.find<unknown>(option)
    this.#instants = new SourceInstants(
      this.#configuration,
      jobConfiguration.find(executionOptions.submittedAt) ?? clock.now(),
    )
    this.#registrar = this.#makeRegistrar()
  }

  async validate(context: StartContext = NO_START_CONTEXT): Promise<void> {
    const deserializer = this.#deserializer()
    const deadLetters = this.#deadLetters()
    try {
      await deserializer.open()
      await deadLetters?.validate(context)
    } finally {
      deserializer.close()
      await deadLetters?.close()
    }
  }

  createEnumerator(context: EnumeratorContext<ShardAssignment>): SourceEnumerator<SplitEvent> {
    const registrar = this.#registrar
    const { streamArn, streamName } = this.#spec
    const options = {
      streamArn,
      streamName: streamArn === null ? streamName! : parseStreamArn(streamArn).streamName,
      assign: this.#assign,
      initialPosition: (proxy: SourceStreamProxy) => {
        this.#instants.correct(proxy.clockOffsetMs, proxy.clockOffsetRangeMs[1])
        return this.#instants.initialPosition
      },
      retry: retryOptions(this.#configuration),
      prepareConsumer:
        registrar === null
          ? null
          : (proxy: SourceStreamProxy, signal: AbortSignal) => this.#prepareConsumer(registrar, proxy, signal),
      preserveShardOrder: this.#spec.preserveShardOrder,
      discoveryIntervalMs: this.#configuration.get(kinesisSourceOptions.discoveryIntervalMs),
      stops: this.#instants.stopAtMs !== null,
    }
    return new KinesisStreamsSourceEnumerator(this.#proxy(), options, context, this.#clock)
  }

  createReader(context: ReaderContext<SplitEvent>): SourceReader<ShardAssignment> {
    const configuration = this.#configuration
    const instants = this.#instants
    const proxy = this.#proxy()
    const quotaShare = configuration.get(kinesisSourceOptions.quotaShare)
    if (!(quotaShare > 0 && quotaShare <= 1))
      throw new ConfigurationError(
        `${kinesisSourceOptions.quotaShare.key}: ${quotaShare} is not a share; it must be above 0 and at most 1.`,
      )
    const options = {
      maxRecordCount: configuration.get(kinesisSourceOptions.maxRecordCount),
      emptyFetchIntervalMs: configuration.get(kinesisSourceOptions.emptyFetchIntervalMs),
      nonEmptyFetchIntervalMs: configuration.get(kinesisSourceOptions.nonEmptyFetchIntervalMs),
      maxConcurrentReads: configuration.get(kinesisSourceOptions.maxConcurrentReads),
      // An emulator need not have the service's quotas, and a full stream is drained there at its own speed.
      paced: proxy.customEndpoint === false,
      quotaShare,
      subscriptionTimeoutMs: configuration.get(kinesisSourceOptions.efoSubscriptionTimeoutMs),
      silenceTimeoutMs: configuration.get(kinesisSourceOptions.efoSilenceTimeoutMs),
      fallsBackToPolling: configuration.get(kinesisSourceOptions.efoFallback),
      deaggregate: configuration.get(kinesisSourceOptions.deaggregate),
      ...retryOptions(configuration),
      // Known only once the service's clock is.
      get stopAtMs() {
        return instants.stopAtMs
      },
      stopAtLocalMs: instants.stopAtLocalMs,
    }
    return new KinesisStreamsSourceReader(
      proxy,
      options,
      new RecordEmitter(this.#deserializer(), this.#poisonedRecordsOptions()),
      context,
      this.#clock,
      this.#losses,
    )
  }

  poisonedRecords(): PoisonedRecords | null {
    return this.#failsByThem() ? null : new PoisonedRecords(this.#poisonedRecordsOptions())
  }

  async dispose(): Promise<void> {
    this.#losses.close()
    if (this.#registrar === null) return
    const proxy = this.#proxy()
    try {
      const trouble = await this.#registrar.release(proxy)
      if (trouble !== null) this.#warn(trouble)
    } finally {
      proxy.close()
    }
  }

  #deserializer(): Deserializer {
    return deserializerOf(this.#spec.deserializationSchema, this.#schemas, this.#keepsRecords && !this.#failsByThem())
  }

  #failsByThem(): boolean {
    return this.#spec.deadLetters === null && this.#configuration.get(kinesisSourceOptions.poisonRecords) === 'fail'
  }

  #poisonedRecordsOptions(): PoisonedRecordsOptions {
    return {
      poisonRecords: this.#configuration.get(kinesisSourceOptions.poisonRecords),
      deadLetters: this.#deadLetters(),
      losses: this.#losses,
    }
  }

  #deadLetters(): DeadLetterDestination | null {
    const { deadLetters: spec } = this.#spec
    if (spec === null) return null
    return destinationOf(spec, {
      clock: this.#clock,
      random: Math.random,
      warn: this.#warn,
      handler: this.#deadLetterHandler,
      proxyOf: stream => new KinesisStreamProxy(stream, this.#configuration.with(stream.configuration), this.#clock),
    })
  }

  #proxy(): ReturnType<SourceProxyFactory> {
    return this.#proxyFactory(this.#spec, this.#configuration, this.#clock)
  }

  async #prepareConsumer(
    registrar: StreamConsumerRegistrar,
    proxy: SourceStreamProxy,
    signal: AbortSignal,
  ): Promise<string | null> {
    try {
      return await registrar.prepare(proxy, signal)
    } catch (error) {
      const refused = error instanceof ShardlineError && error.code !== 'STREAM_NOT_FOUND' && !signal.aborted
      if (!refused || !this.#configuration.get(kinesisSourceOptions.efoFallback)) throw error
      this.#warn(`Shards are polled, because enhanced fan-out was refused: ${error.message}`)
      return null
    }
  }

  #makeRegistrar(): StreamConsumerRegistrar | null {
    const configuration = this.#configuration
    if (configuration.get(kinesisSourceOptions.readerType) === 'POLLING') return null
    const consumerName = configuration.find(kinesisSourceOptions.efoConsumerName)
    if (consumerName === null || !/^[a-zA-Z0-9_.-]{1,128}$/.test(consumerName))
      throw new ConfigurationError(
        `source.reader.type is EFO, which needs source.efo.consumer.name: 1 to 128 letters, digits, dots, dashes or underscores${consumerName === null ? '' : `, not '${maskedUrl(consumerName)}'`}.`,
      )
    return new StreamConsumerRegistrar(
      {
        stream: this.#spec.streamArn ?? this.#spec.streamName!,
        consumerName,
        lifecycle: configuration.get(kinesisSourceOptions.efoLifecycle),
        describeMinDelayMs: configuration.get(kinesisSourceOptions.efoDescribeMinDelayMs),
        describeMaxDelayMs: configuration.get(kinesisSourceOptions.efoDescribeMaxDelayMs),
        describeMaxAttempts: configuration.get(kinesisSourceOptions.efoDescribeMaxAttempts),
        deregisterTimeoutMs: configuration.get(kinesisSourceOptions.efoDeregisterTimeoutMs),
      },
      this.#clock,
    )
  }
}
