/** Assembly of the Kinesis sink from its description. */
import type { Clock } from '../../../foundation/clock.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { sinkOptions } from '../../../foundation/config/sink-options.ts'
import { ConfigurationError, ServiceError } from '../../../foundation/errors.ts'
import type { KinesisStreamsSinkSpec } from '../kinesis-streams-sink-spec.ts'
import { KinesisStreamProxy } from '../../../aws/kinesis/kinesis-stream-proxy.ts'
import type { StreamIdentity } from '../../../aws/kinesis/kinesis-stream-proxy.ts'
import { checkDestination, NO_START_CONTEXT } from '../../../aws/service/stream-readiness.ts'
import type { StartContext } from '../../../aws/service/stream-readiness.ts'
import type { SinkStreamProxy } from '../../../aws/kinesis/stream-proxy.ts'
import { NO_SCHEMA_SERVICES } from '../../../../schemas/glue/schema-services.ts'
import type { SchemaServices } from '../../../../schemas/glue/schema-services.ts'
import { serializerOf } from '../../../../schemas/serialization.ts'
import type { Serializer } from '../../../../schemas/contracts/batch-codec.ts'
import type { AsyncSinkWriter } from '../../async-sink/async-sink-writer.ts'
import { destinationOf } from '../../dead-letters/destination-of-spec.ts'
import type { DeadLetterDestination } from '../../dead-letters/dead-letter-destination.ts'
import type { DeadLetterFunction } from '../../../operators/dead-letter.ts'
import { EntryBuffer } from '../../async-sink/entry-buffer.ts'
import { EntrySinkWriter } from '../../entries/entry-sink-writer.ts'
import { OrderedBuffer } from '../../async-sink/ordered-buffer.ts'
import { keyOfKeyBy } from '../../partition-keys/key-by-keys.ts'
import { randomKey } from '../../partition-keys/random-keys.ts'
import { fixedKey } from '../../partition-keys/fixed-keys.ts'
import { customKey } from '../../partition-keys/custom-keys.ts'
import type { PartitionKeyColumnFunction } from '../../partition-keys/partition-key-columns.ts'
import { RecordAggregator } from './record-aggregator.ts'
import { OUTER_KEY } from './aggregate.ts'
import { RestoreGate } from '../../async-sink/restore-gate.ts'
import { ShardMap } from './shard-map.ts'
import { ShardWindows } from './shard-windows.ts'
import type { SinkBuffer } from '../../async-sink/sink-buffer.ts'
import type { Sink, SinkWriterContext } from '../../../operators/sink.ts'
import { checkSinkLimits, checkSinkOptions } from '../../async-sink/sink-limits.ts'

export type SinkProxyFactory = (stream: StreamIdentity, configuration: Configuration, clock: Clock) => SinkStreamProxy

const realProxy: SinkProxyFactory = (stream, configuration, clock) =>
  new KinesisStreamProxy(stream, configuration, clock)

export interface KinesisStreamsSinkServices {
  /** The partition key generator, if it is a function. */
  readonly key?: ((value: unknown) => unknown) | null
  /** The dead letter handler, if it is a function. */
  readonly deadLetters?: DeadLetterFunction | null
  readonly schemas?: SchemaServices
  readonly proxyFactory?: SinkProxyFactory
  /** From 0 up to 1, for backoff. By default `Math.random`. */
  readonly random?: () => number
}

export class KinesisStreamsSinkConnector implements Sink {
  readonly #spec: KinesisStreamsSinkSpec
  readonly #configuration: Configuration
  readonly #clock: Clock
  readonly #services: KinesisStreamsSinkServices
  readonly #proxyFactory: SinkProxyFactory
  readonly #random: () => number
  readonly #gate = new RestoreGate()

  constructor(
    spec: KinesisStreamsSinkSpec,
    jobConfiguration: Configuration,
    clock: Clock,
    services: KinesisStreamsSinkServices = {},
  ) {
    this.#spec = spec
    this.#configuration = jobConfiguration.with(spec.configuration)
    this.#clock = clock
    this.#services = services
    this.#proxyFactory = services.proxyFactory ?? realProxy
    this.#random = services.random ?? Math.random
    checkSinkLimits(spec)
    checkSinkOptions(this.#configuration)
    if (this.#configuration.get(sinkOptions.aggregation) && this.#ordered)
      throw new ConfigurationError(
        'KinesisStreamsSink: sink.ordering PARTITION_KEY and sink.aggregation.enabled exclude each other: if an aggregate was written to another shard, its records are sent again, after younger records.',
      )
    this.#serializer()
  }

  get #ordered(): boolean {
    return this.#configuration.get(sinkOptions.ordering) === 'PARTITION_KEY'
  }

  async validate(context: StartContext = NO_START_CONTEXT): Promise<void> {
    const proxy = this.#proxy()
    const deadLetters = this.#deadLetters(() => undefined)
    const serializer = this.#serializer()
    try {
      await serializer.open()
      const what = `The sink's stream ${proxy.streamName}`
      await checkDestination(what, () => proxy.describeStream(), context, this.#clock)
      if (this.#configuration.get(sinkOptions.aggregation)) await checkListShards(proxy)
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
    const { streamName } = proxy
    const map = new ShardMap(() => proxy.listShards())
    let aggregator: RecordAggregator | null = null
    return new EntrySinkWriter({
      sinkName: `The sink to stream ${streamName}`,
      streamName,
      limits: spec,
      configuration: this.#configuration,
      clock: this.#clock,
      context,
      serializer: this.#serializer(),
      keysOf: this.#keyGenerator(context.subtask, streamName),
      packer: this.#configuration.get(sinkOptions.aggregation)
        ? writer => (aggregator = this.#aggregator(map, writer))
        : null,
      send: async (runs, signal) =>
        aggregator === null
          ? proxy.putRecords(runs, { signal })
          : aggregator.check(runs, await proxy.putRecords(runs, { signal, shardIds: true })),
      deadLetters: this.#deadLetters(message => context.warn?.(message)),
      buffer: this.#buffer(map),
      gate: this.#ordered ? this.#gate : null,
      random: this.#random,
      close: () => proxy.close(),
    })
  }

  #aggregator(map: ShardMap, writer: AsyncSinkWriter): RecordAggregator {
    return new RecordAggregator(map, writer, this.#clock, {
      // An aggregate is a record of the stream, and must not exceed the largest record size.
      maxSize: Math.min(
        this.#configuration.get(sinkOptions.aggregationMaxSize),
        this.#spec.maxRecordSizeInBytes - OUTER_KEY.length,
      ),
      maxCount: this.#configuration.get(sinkOptions.aggregationMaxCount),
      maxBufferedTimeMs: this.#configuration.get(sinkOptions.aggregationMaxBufferedTimeMs),
    })
  }

  #buffer(map: ShardMap): SinkBuffer {
    const ordered = this.#ordered
    const inFlight = new Set<string>()
    return new ShardWindows({
      map,
      makeBuffer: () => (ordered ? new OrderedBuffer(undefined, inFlight) : new EntryBuffer()),
      now: () => this.#clock.monotonic(),
      random: this.#random,
    })
  }

  #serializer(): Serializer {
    return serializerOf(this.#spec.serializationSchema, this.#services.schemas ?? NO_SCHEMA_SERVICES)
  }

  #proxy(): SinkStreamProxy {
    return this.#proxyFactory(this.#spec, this.#configuration, this.#clock)
  }

  #deadLetters(warn: (message: string) => void): DeadLetterDestination | null {
    const { deadLetters: spec } = this.#spec
    if (spec === null) return null
    return destinationOf(spec, {
      clock: this.#clock,
      random: this.#random,
      warn,
      handler: this.#services.deadLetters ?? null,
      proxyOf: stream => this.#proxyFactory(stream, this.#configuration.with(stream.configuration), this.#clock),
    })
  }

  #keyGenerator(subtask: number, streamName: string): PartitionKeyColumnFunction {
    switch (this.#spec.partitionKeyGenerator.type) {
      case 'fixed':
        return fixedKey(subtask)
      case 'random':
        return randomKey
      case 'key_by':
        return keyOfKeyBy
      case 'module':
      case 'local':
        return customKey(this.#services.key!, streamName)
    }
  }
}

/** Checks the permission to list shards, which aggregation needs. Other failures of the listing are temporary, or appear later. */
async function checkListShards(proxy: SinkStreamProxy): Promise<void> {
  try {
    await proxy.listShards()
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'ACCESS_DENIED') return
    throw new ServiceError(
      'ACCESS_DENIED',
      `${error.message} ${sinkOptions.aggregation.key} needs the permission kinesis:ListShards, because records are packed by shard. Without aggregation the sink needs kinesis:PutRecords alone.`,
      { cause: error, details: error.details },
    )
  }
}
