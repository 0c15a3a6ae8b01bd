/**
 * Assembly of the Kinesis source from its description: one enumerator for the job and one reader for each subtask, each with a
 * client of its own.
 */
import { NO_SCHEMA_SERVICES } from '../../../../schemas/glue/schema-services.ts'
import type { SchemaServices } from '../../../../schemas/glue/schema-services.ts'
import { KinesisStreamProxy } from '../../../aws/kinesis/kinesis-stream-proxy.ts'
import type { StreamIdentity } from '../../../aws/kinesis/kinesis-stream-proxy.ts'
import type { SourceStreamProxy } from '../../../aws/kinesis/stream-proxy.ts'
import { NO_START_CONTEXT } from '../../../aws/service/stream-readiness.ts'
import type { StartContext } from '../../../aws/service/stream-readiness.ts'
import type { Clock } from '../../../foundation/clock.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { executionOptions } from '../../../foundation/config/execution-options.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import type { KinesisStreamsSourceSpec } from '../kinesis-streams-source-spec.ts'
import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceEnumerator,
  SourceReader,
} from '../../../operators/source.ts'
import type { DeadLetterFunction } from '../../../operators/dead-letter.ts'
import type { PoisonedRecords } from './emitter/poisoned-records.ts'
import { RecordDecoding } from './emitter/record-decoding.ts'
import { RecordLosses } from './emitter/record-losses.ts'
import { KinesisStreamsSourceEnumerator } from './enumerator/kinesis-streams-source-enumerator.ts'
import { oneByOne } from '../../../operators/shard-assigner.ts'
import type { AssignShards } from '../../../operators/shard-assigner.ts'
import { uniformShardAssigner } from './enumerator/uniform-shard-assigner.ts'
import { FanOutConsumer } from './fan-out-consumer.ts'
import { KinesisStreamsSourceReader } from './reader/kinesis-streams-source-reader.ts'
import { SourceInstants } from './source-instants.ts'
import { checkSourceOptions, retryOptions, sourceReaderOptions, streamNameOf } from './source-options.ts'
import type { ShardAssignment, SplitEvent } from './split/split-events.ts'

export type SourceProxyFactory = (
  stream: StreamIdentity,
  configuration: Configuration,
  clock: Clock,
) => SourceStreamProxy & { readonly customEndpoint?: boolean }

const kinesisProxy: SourceProxyFactory = (stream, configuration, clock) =>
  new KinesisStreamProxy(stream, configuration, clock)

export interface SourceCollaborators {
  readonly proxyFactory?: SourceProxyFactory
  /** The shard assigner of the program. By default the uniform assigner. */
  readonly assign?: AssignShards | null
  readonly schemas?: SchemaServices
  /** The dead letter handler, if it is a function. */
  readonly deadLetters?: DeadLetterFunction | null
  /** A function outside the source completes the schema. */
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
  readonly #losses: RecordLosses
  readonly #decoding: RecordDecoding
  readonly #instants: SourceInstants
  /** `null` when shards are polled. */
  readonly #consumer: FanOutConsumer | null

  /** `jobConfiguration` gives the values of keys that the source's own configuration does not have. @throws ConfigurationError */
  constructor(
    spec: KinesisStreamsSourceSpec,
    jobConfiguration: Configuration,
    clock: Clock,
    {
      proxyFactory = kinesisProxy,
      assign = null,
      schemas = NO_SCHEMA_SERVICES,
      deadLetters: deadLetterHandler = null,
      keepsRecords = false,
      warn = () => undefined,
    }: SourceCollaborators = {},
  ) {
    const configuration = jobConfiguration.with(spec.configuration)
    checkSourceOptions(spec, configuration)
    this.#spec = spec
    this.#configuration = configuration
    this.#clock = clock
    this.#proxyFactory = proxyFactory
    this.#assign = assign ?? oneByOne(uniformShardAssigner)
    this.#losses = new RecordLosses(clock, warn)
    const losses = this.#losses
    const decoding = { clock, schemas, deadLetterHandler, keepsRecords, losses, warn }
    this.#decoding = new RecordDecoding(spec, configuration, decoding)
    this.#instants = new SourceInstants(
      configuration,
      jobConfiguration.find(executionOptions.submittedAt) ?? clock.now(),
    )
    this.#consumer = FanOutConsumer.of(spec.streamArn ?? spec.streamName!, configuration, clock, warn)
  }

  async validate(context: StartContext = NO_START_CONTEXT): Promise<void> {
    await this.#decoding.validate(context)
  }

  createEnumerator(context: EnumeratorContext<ShardAssignment>): SourceEnumerator<SplitEvent> {
    const consumer = this.#consumer
    const options = {
      streamArn: this.#spec.streamArn,
      streamName: streamNameOf(this.#spec),
      assign: this.#assign,
      initialPosition: (proxy: SourceStreamProxy) => {
        this.#instants.correct(proxy.clockOffsetMs, proxy.clockOffsetRangeMs[1])
        return this.#instants.initialPosition
      },
      retry: retryOptions(this.#configuration),
      prepareConsumer:
        consumer === null ? null : (proxy: SourceStreamProxy, signal: AbortSignal) => consumer.prepare(proxy, signal),
      preserveShardOrder: this.#spec.preserveShardOrder,
      discoveryIntervalMs: this.#configuration.get(kinesisSourceOptions.discoveryIntervalMs),
      stops: this.#instants.stopAtMs !== null,
    }
    return new KinesisStreamsSourceEnumerator(this.#proxy(), options, context, this.#clock)
  }

  createReader(context: ReaderContext<SplitEvent>): SourceReader<ShardAssignment> {
    const proxy = this.#proxy()
    // An emulator need not have the quotas of the service, and a full stream is read from it at its own speed.
    const paced = proxy.customEndpoint === false
    return new KinesisStreamsSourceReader(sourceReaderOptions(this.#configuration, this.#instants, paced), {
      proxy,
      emitter: this.#decoding.createEmitter(),
      context,
      clock: this.#clock,
      losses: this.#losses,
    })
  }

  poisonedRecords(): PoisonedRecords | null {
    return this.#decoding.createPoisonedRecords()
  }

  async dispose(): Promise<void> {
    this.#losses.close()
    if (this.#consumer === null) return
    const proxy = this.#proxy()
    try {
      await this.#consumer.release(proxy)
    } finally {
      proxy.close()
    }
  }

  #proxy(): ReturnType<SourceProxyFactory> {
    return this.#proxyFactory(this.#spec, this.#configuration, this.#clock)
  }
}
