/** Assembly of the Kinesis sink from its description. */
import type { Clock } from '../clock.ts'
import type { Configuration } from '../config/configuration.ts'
import { sinkOptions } from '../config/sink-options.ts'
import { ConfigurationError, ServiceError } from '../errors.ts'
import type { BatchingLimits, KinesisStreamsSinkSpec } from '../job-graph/job-graph.ts'
import { KinesisStreamProxy } from '../kinesis/kinesis-stream-proxy.ts'
import type { StreamIdentity } from '../kinesis/kinesis-stream-proxy.ts'
import { checkDestination, NO_START_CONTEXT } from '../kinesis/stream-readiness.ts'
import type { StartContext } from '../kinesis/stream-readiness.ts'
import type { SinkStreamProxy } from '../kinesis/stream-proxy.ts'
import { NO_SCHEMA_SERVICES } from '../../schemas/schema-services.ts'
import type { SchemaServices } from '../../schemas/schema-services.ts'
import { serializerOf } from '../../schemas/serialization.ts'
import type { Serializer } from '../../schemas/serialization.ts'
import type { AsyncSinkWriter } from './async-sink-writer.ts'
import { deadLettersOf } from './dead-letters.ts'
import type { DeadLetterHandler, DeadLetters } from './dead-letters.ts'
import { EntryBuffer } from './entry-buffer.ts'
import { EntrySinkWriter } from './entry-sink-writer.ts'
import { OrderedBuffer } from './ordered-buffer.ts'
import { customKey, fixedKey, keyOfKeyBy, randomKey } from './partition-key-generator.ts'
import type { PartitionKeyGenerator } from './partition-key-generator.ts'
import { OUTER_KEY, RecordAggregator } from './record-aggregator.ts'
import { RestoreGate } from './restore-gate.ts'
import { ShardMap } from './shard-map.ts'
import { ShardWindows } from './shard-windows.ts'
import type { SinkBuffer } from './sink-buffer.ts'
import type { Sink, SinkWriterContext } from './sink.ts'

export type SinkProxyFactory = (stream: StreamIdentity, configuration: Configuration, clock: Clock) => SinkStreamProxy

const realProxy: SinkProxyFactory = (stream, configuration, clock) =>
  new KinesisStreamProxy(stream, configuration, clock)

export interface KinesisStreamsSinkServices {
  /** The partition key generator, where it is a function. */
  readonly key?: ((value: unknown) => unknown) | null
  /** The dead letters' handler, where it is a function. */
  readonly deadLetters?: DeadLetterHandler | null
  readonly schemas?: SchemaServices
  readonly proxyFactory?: SinkProxyFactory
  /** From 0 up to 1; for back-off. */
  readonly random?: () => number
}

/** PutRecords takes 500 records and 10 MiB; a record has 10 MiB with its key. */
const SERVICE_LIMITS = { batchSize: 500, batchBytes: 10 * 1024 * 1024, recordBytes: 10 * 1024 * 1024 }

export class KinesisStreamsSink implements Sink {
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
        'KinesisStreamsSink: sink.ordering PARTITION_KEY and sink.aggregation.enabled exclude each other: the records of an aggregate that went to a wrong shard are sent again, behind younger ones.',
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
      packing: this.#configuration.get(sinkOptions.aggregation)
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
      // An aggregate is a record, and larger than the stream takes it could never be written.
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

  #deadLetters(warn: (message: string) => void): DeadLetters | null {
    const { deadLetters: spec } = this.#spec
    if (spec === null) return null
    return deadLettersOf(spec, {
      clock: this.#clock,
      random: this.#random,
      warn,
      handler: this.#services.deadLetters ?? null,
      proxyOf: stream => this.#proxyFactory(stream, this.#configuration.with(stream.configuration), this.#clock),
    })
  }

  #keyGenerator(subtask: number, streamName: string): PartitionKeyGenerator {
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

/** Aggregation packs records by shard. Whatever else keeps a listing from succeeding passes, or is found when records come. */
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

/** @throws ConfigurationError naming the option */
export function checkSinkOptions(configuration: Configuration): void {
  for (const option of Object.values(sinkOptions)) configuration.find<unknown>(option)
  const { requestTimeoutMs: timeout } = sinkOptions
  if (configuration.get(timeout) <= 0)
    throw new ConfigurationError(
      `${timeout.key} must be more than 0: no request would have an answer in time, and all records be sent for ever.`,
    )
}

/** The checks of Flink's builder, by the same rules, and those of the service. @throws ConfigurationError naming the setter */
export function checkSinkLimits(
  spec: BatchingLimits,
  sink = 'KinesisStreamsSink',
  service: typeof SERVICE_LIMITS = SERVICE_LIMITS,
): void {
  const positive = [
    'maxBatchSize',
    'maxInFlightRequests',
    'maxBufferedRequests',
    'maxBatchSizeInBytes',
    'maxTimeInBufferMs',
    'maxRecordSizeInBytes',
  ] as const
  for (const name of positive)
    if (!Number.isSafeInteger(spec[name]) || spec[name] <= 0)
      throw new ConfigurationError(
        `${sink}: ${name} must be a positive whole number, not ${JSON.stringify(spec[name])}.`,
      )
  const rules: readonly (readonly [boolean, string])[] = [
    [
      spec.maxBufferedRequests > spec.maxBatchSize,
      `The maximum number of requests that may be buffered should be strictly greater than the maximum number of requests per batch: maxBufferedRequests is ${spec.maxBufferedRequests}, maxBatchSize ${spec.maxBatchSize}`,
    ],
    [
      spec.maxBatchSizeInBytes >= spec.maxRecordSizeInBytes,
      `The maximum allowed size in bytes per flush must be greater than or equal to the maximum allowed size in bytes of a single record: maxBatchSizeInBytes is ${spec.maxBatchSizeInBytes}, maxRecordSizeInBytes ${spec.maxRecordSizeInBytes}`,
    ],
    [
      spec.maxBatchSize <= service.batchSize,
      `maxBatchSize (${spec.maxBatchSize}) is over the service's ${service.batchSize} records a request`,
    ],
    [
      spec.maxBatchSizeInBytes <= service.batchBytes,
      `maxBatchSizeInBytes (${spec.maxBatchSizeInBytes}) is over the service's ${service.batchBytes} bytes a request`,
    ],
    [
      spec.maxRecordSizeInBytes <= service.recordBytes,
      `maxRecordSizeInBytes (${spec.maxRecordSizeInBytes}) is over the service's ${service.recordBytes} bytes a record`,
    ],
  ]
  for (const [holds, message] of rules) if (!holds) throw new ConfigurationError(`${sink}: ${message}.`)
}
