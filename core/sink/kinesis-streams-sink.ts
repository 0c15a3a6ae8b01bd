/** Assembly of the Kinesis sink from its description, and the conversion of batches to entries. */
import type { Clock } from '../clock.ts'
import type { Configuration } from '../config/configuration.ts'
import { ConfigurationError, ServiceError } from '../errors.ts'
import type { KinesisStreamsSinkSpec } from '../job-graph/job-graph.ts'
import { KinesisStreamProxy } from '../kinesis/kinesis-stream-proxy.ts'
import type { SinkStreamProxy } from '../kinesis/stream-proxy.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import { serializerOf } from '../../schemas/serialization.ts'
import { AsyncSinkWriter } from './async-sink-writer.ts'
import { customKey, fixedKey, keyOfKeyBy, randomKey } from './partition-key-generator.ts'
import type { KeyColumns, PartitionKeyGenerator } from './partition-key-generator.ts'
import { readSinkState, writeSinkState } from './sink-state-codec.ts'
import type { Sink, SinkWriter, SinkWriterContext } from './sink.ts'

export type SinkProxyFactory = (
  spec: KinesisStreamsSinkSpec,
  configuration: Configuration,
  clock: Clock,
) => SinkStreamProxy

const realProxy: SinkProxyFactory = (spec, configuration, clock) => new KinesisStreamProxy(spec, configuration, clock)

/** The service's own bounds of a request. PutRecords: 500 records, 10 MiB; a record 10 MiB with its key. */
const SERVICE_MAX_BATCH_SIZE = 500
const SERVICE_MAX_BATCH_BYTES = 10 * 1024 * 1024

export class KinesisStreamsSink implements Sink {
  readonly #spec: KinesisStreamsSinkSpec
  readonly #configuration: Configuration
  readonly #clock: Clock
  readonly #localKey: ((value: unknown) => unknown) | null
  readonly #proxyFactory: SinkProxyFactory

  constructor(
    spec: KinesisStreamsSinkSpec,
    jobConfiguration: Configuration,
    clock: Clock,
    localKey: ((value: unknown) => unknown) | null = null,
    proxyFactory: SinkProxyFactory = realProxy,
  ) {
    this.#spec = spec
    this.#configuration = jobConfiguration.with(spec.configuration)
    this.#clock = clock
    this.#localKey = localKey
    this.#proxyFactory = proxyFactory
    checkSinkLimits(spec)
    serializerOf(spec.serializationSchema)
  }

  async validate(): Promise<void> {
    const proxy = this.#proxyFactory(this.#spec, this.#configuration, this.#clock)
    try {
      const { status, streamName } = await proxy.describeStream()
      if (status === 'DELETING')
        throw new ServiceError('STREAM_NOT_FOUND', `The sink's stream ${streamName} is being deleted.`)
    } finally {
      proxy.close()
    }
  }

  createWriter(context: SinkWriterContext): SinkWriter {
    const spec = this.#spec
    const proxy = this.#proxyFactory(spec, this.#configuration, this.#clock)
    const { streamName } = proxy
    const options = { ...spec, streamName }
    const writer = new AsyncSinkWriter(
      runs => proxy.putRecords(runs),
      options,
      this.#clock,
      error => context.fail(error),
      message => context.warn?.(message),
    )
    for (const state of context.restored) writer.restore(readSinkState(state))
    const serialize = serializerOf(spec.serializationSchema)
    const keysOf = this.#keyGenerator(context.subtask, streamName)
    return {
      write: batch => {
        const { rejected, ...keys } = keysOf(batch)
        if (rejected !== null) throw wrongKey(batch, rejected, streamName)
        const { slab, dataOffset, dataLength, count } = checkSizes(
          serialize(batch),
          keys.keyLength,
          spec.maxRecordSizeInBytes,
          streamName,
        )
        return writer.write({ slab, dataOffset, dataLength, ...keys, from: 0, to: count })
      },
      async snapshot() {
        await writer.awaitInFlight()
        return writeSinkState(writer.buffered())
      },
      finish: () => writer.drain(),
      metrics: () => writer.metrics(),
      close() {
        writer.close()
        proxy.close()
      },
    }
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
        return customKey(this.#localKey!, streamName)
    }
  }
}

/** The first record whose key is wrong, with its position. */
function wrongKey(batch: RecordBatch, rejected: NonNullable<KeyColumns['rejected']>, stream: string): ServiceError {
  const [i, reason] = rejected.entries().next().value!
  const position = batch.positions?.at(i)
  const from =
    position === undefined
      ? ''
      : ` It came from stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}.`
  return new ServiceError('VALIDATION_FAILED', `Sink to stream ${stream}: ${reason}.${from}`, {
    details: { stream, ...(position === undefined ? {} : { position }) },
  })
}

/** A record the sink cannot write is said with its position; nothing of its batch was taken yet. */
function checkSizes(batch: RecordBatch, keyLength: Uint32Array, maxBytes: number, stream: string): RecordBatch {
  for (let i = 0; i < batch.count; i++) {
    const bytes = batch.dataLength[i]! + keyLength[i]!
    if (bytes <= maxBytes && !(batch.nulls !== null && batch.isNull(i))) continue
    const position = batch.positions?.at(i)
    const from =
      position === undefined
        ? ''
        : ` It came from stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}.`
    const what = batch.isNull(i)
      ? 'null cannot be written'
      : `a record of ${bytes} bytes with its key is over maxRecordSizeInBytes (${maxBytes})`
    throw new ServiceError(
      batch.isNull(i) ? 'VALIDATION_FAILED' : 'RECORD_TOO_LARGE',
      `Sink to stream ${stream}: ${what}.${from}`,
      {
        details: { stream, ...(position === undefined ? {} : { position }) },
      },
    )
  }
  return batch
}

/** The checks of Flink's builder, by the same rules. @throws ConfigurationError naming the setter */
export function checkSinkLimits(spec: Omit<KinesisStreamsSinkSpec, 'type'>): void {
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
      throw new ConfigurationError(`KinesisStreamsSink: ${name} must be a positive whole number, not ${spec[name]}.`)
  const rules: readonly (readonly [boolean, string])[] = [
    [
      spec.maxBufferedRequests > spec.maxBatchSize,
      `maxBufferedRequests (${spec.maxBufferedRequests}) must be greater than maxBatchSize (${spec.maxBatchSize})`,
    ],
    [
      spec.maxBatchSizeInBytes >= spec.maxRecordSizeInBytes,
      `maxBatchSizeInBytes (${spec.maxBatchSizeInBytes}) must be at least maxRecordSizeInBytes (${spec.maxRecordSizeInBytes})`,
    ],
    [
      spec.maxBatchSize <= SERVICE_MAX_BATCH_SIZE,
      `maxBatchSize (${spec.maxBatchSize}) is over the service's ${SERVICE_MAX_BATCH_SIZE} records a request`,
    ],
    [
      spec.maxBatchSizeInBytes <= SERVICE_MAX_BATCH_BYTES,
      `maxBatchSizeInBytes (${spec.maxBatchSizeInBytes}) is over the service's ${SERVICE_MAX_BATCH_BYTES} bytes a request`,
    ],
  ]
  for (const [holds, message] of rules) if (!holds) throw new ConfigurationError(`KinesisStreamsSink: ${message}.`)
}
