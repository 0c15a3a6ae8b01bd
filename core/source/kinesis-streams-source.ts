/**
 * Assembly of the Kinesis source from its description: it validates, and makes one enumerator a job and one reader a subtask,
 * each with a client of its own. It holds no logic.
 */
import type { Clock } from '../clock.ts'
import type { Configuration } from '../config/configuration.ts'
import { executionOptions } from '../config/execution-options.ts'
import { kinesisSourceOptions } from '../config/kinesis-source-options.ts'
import { ConfigurationError } from '../errors.ts'
import type { KinesisStreamsSourceSpec } from '../job-graph/job-graph.ts'
import { parseStreamArn } from '../kinesis/arn.ts'
import { KinesisStreamProxy } from '../kinesis/kinesis-stream-proxy.ts'
import type { SourceStreamProxy } from '../kinesis/stream-proxy.ts'
import { deserializerOf } from '../../schemas/deserialization.ts'
import { KinesisStreamsSourceEnumerator } from './enumerator/kinesis-streams-source-enumerator.ts'
import { uniformShardAssigner } from './enumerator/uniform-shard-assigner.ts'
import { initialPosition, retryOptions, stopAtMs } from './instants.ts'
import { KinesisStreamsSourceReader } from './reader/kinesis-streams-source-reader.ts'
import type { EnumeratorContext, ReaderContext, Source, SourceEnumerator, SourceReader } from './source.ts'

export type SourceProxyFactory = (
  streamArn: string,
  configuration: Configuration,
  clock: Clock,
) => SourceStreamProxy & { readonly customEndpoint?: boolean }

const realProxy: SourceProxyFactory = (streamArn, configuration, clock) =>
  new KinesisStreamProxy({ streamArn, streamName: null }, configuration, clock)

export class KinesisStreamsSource implements Source {
  readonly bounded = false
  readonly maxParallelism = null
  readonly #spec: KinesisStreamsSourceSpec
  readonly #configuration: Configuration
  readonly #clock: Clock
  readonly #proxyFactory: SourceProxyFactory
  /** The instant at which the job was first submitted: what LATEST and `stop-at latest` mean in all its attempts. */
  readonly #submittedAtMs: number

  /** `jobConfiguration` gives the keys that the source's own configuration leaves out. */
  constructor(
    spec: KinesisStreamsSourceSpec,
    jobConfiguration: Configuration,
    clock: Clock,
    proxyFactory: SourceProxyFactory = realProxy,
  ) {
    this.#spec = spec
    this.#configuration = jobConfiguration.with(spec.configuration)
    this.#clock = clock
    this.#proxyFactory = proxyFactory
    this.#submittedAtMs = jobConfiguration.find(executionOptions.submittedAt) ?? clock.now()
    this.#validate()
  }

  createEnumerator(context: EnumeratorContext): SourceEnumerator {
    const options = {
      streamArn: this.#spec.streamArn,
      assigner: uniformShardAssigner,
      initialPosition: initialPosition(this.#configuration, this.#submittedAtMs),
      preserveShardOrder: this.#spec.preserveShardOrder,
      discoveryIntervalMs: this.#configuration.get(kinesisSourceOptions.discoveryIntervalMs),
      stops: stopAtMs(this.#configuration, this.#submittedAtMs) !== null,
    }
    return new KinesisStreamsSourceEnumerator(this.#proxy(), options, context, this.#clock)
  }

  createReader(context: ReaderContext): SourceReader {
    const configuration = this.#configuration
    const proxy = this.#proxy()
    const options = {
      maxRecordCount: configuration.get(kinesisSourceOptions.maxRecordCount),
      emptyFetchIntervalMs: configuration.get(kinesisSourceOptions.emptyFetchIntervalMs),
      nonEmptyFetchIntervalMs: configuration.get(kinesisSourceOptions.nonEmptyFetchIntervalMs),
      maxConcurrentReads: configuration.get(kinesisSourceOptions.maxConcurrentReads),
      // The service allows 5 calls a second and shard; an emulator need not, and a full one is drained at its own speed.
      minFetchIntervalMs: proxy.customEndpoint === false ? 200 : 0,
      stopAtMs: stopAtMs(configuration, this.#submittedAtMs),
      ...retryOptions(configuration),
    }
    return new KinesisStreamsSourceReader(
      proxy,
      options,
      deserializerOf(this.#spec.deserializationSchema),
      context,
      this.#clock,
    )
  }

  #proxy(): ReturnType<SourceProxyFactory> {
    return this.#proxyFactory(this.#spec.streamArn, this.#configuration, this.#clock)
  }

  #validate(): void {
    parseStreamArn(this.#spec.streamArn)
    const configuration = this.#configuration
    for (const option of Object.values(kinesisSourceOptions)) configuration.find<unknown>(option)
    if (configuration.get(kinesisSourceOptions.readerType) === 'EFO')
      throw new ConfigurationError("source.reader.type EFO is not there yet; use 'POLLING'.")
    initialPosition(configuration, this.#submittedAtMs)
    stopAtMs(configuration, this.#submittedAtMs)
    deserializerOf(this.#spec.deserializationSchema)
  }
}
