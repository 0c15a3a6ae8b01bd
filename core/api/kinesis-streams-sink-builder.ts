/** Builds a Kinesis sink. The setters and defaults are Flink's. An invalid value is an error of the setter or of `build`. */
import { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'

import { systemClock } from '../foundation/clock.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type {
  KinesisStreamsSinkSpec,
  PartitionKeyGeneratorSpec,
} from '../connectors/kinesis/kinesis-streams-sink-spec.ts'
import { JobSchemas } from '../runtime/assembly/job-schemas.ts'
import { loadModuleFunction } from '../runtime/assembly/module-function.ts'
import { parseStreamArn } from '../aws/service/arn.ts'
import type { LocalFunction } from '../operators/job-facilities.ts'
import type { DeadLetterFunction } from '../operators/dead-letter.ts'
import { KinesisStreamsSinkConnector } from '../connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { checkSinkLimits } from '../connectors/async-sink/sink-limits.ts'
import type { PartitionKey } from '../connectors/partition-keys/custom-keys.ts'
import { AsyncSinkBuilder } from './async-sink-builder.ts'
import type { RegisterLocal } from './schemas/schema.ts'
import { SinkWritable } from './sink-writable.ts'
import type { SinkWritableOptions } from './sink-writable.ts'
import { sinkContracts } from '../connectors/async-sink/sink-contracts.ts'

/** A function of the value that returns a partition key and optionally an explicit hash key, or a generator of `PartitionKeyGenerator`. */
export type PartitionKeyGenerator<T> =
  ((value: T) => string | PartitionKey) | { readonly type: 'fixed' } | { readonly type: 'random' }

export const PartitionKeyGenerator = {
  /** The index of the sink subtask. All of its records go to one shard, in order. */
  fixed: () => ({ type: 'fixed' }) as const,
  /** A UUID for each record, which distributes records evenly. */
  random: () => ({ type: 'random' }) as const,
} as const

export class KinesisStreamsSink {
  readonly toSpec: (register: RegisterLocal) => KinesisStreamsSinkSpec

  constructor(toSpec: (register: RegisterLocal) => KinesisStreamsSinkSpec) {
    this.toSpec = toSpec
  }

  static builder(): KinesisStreamsSinkBuilder {
    return new KinesisStreamsSinkBuilder()
  }

  /**
   * The sink as a writable stream of Node in object mode, without a job. The stream fails with the errors of the engine. It has
   * finished when Kinesis has acknowledged every record. (Flink has no such method.)
   *
   * @example await pipeline(lines, sink.writable())
   */
  writable(options: SinkWritableOptions = {}): SinkWritable {
    const locals = new Map<string, LocalFunction>()
    const spec = this.toSpec(fn => {
      const localId = `local-${locals.size}`
      locals.set(localId, fn)
      return localId
    })
    const local = (named: { readonly type: string } | null): LocalFunction | null =>
      named !== null && 'localId' in named ? locals.get(named.localId as string)! : null
    const schemas = new JobSchemas(
      async named => (named.type === 'local' ? locals.get(named.localId)! : loadModuleFunction(named, 'the sink')),
      systemClock,
      message => process.emitWarning(message, 'ShardlineWarning'),
    )
    const services = {
      key: local(spec.partitionKeyGenerator) as ((value: unknown) => unknown) | null,
      deadLetters: local(spec.deadLetters) as unknown as DeadLetterFunction | null,
      schemas,
    }
    const stream = new SinkWritable(
      new KinesisStreamsSinkConnector(spec, new Configuration(), systemClock, services),
      options,
    )
    return stream.once('close', () => schemas.close())
  }

  /** The same, as a stream of the web. */
  writableStream(options: SinkWritableOptions = {}): WritableStream<unknown> {
    return Writable.toWeb(this.writable(options))
  }
}

export class KinesisStreamsSinkBuilder extends AsyncSinkBuilder {
  #streamArn: string | null = null
  #streamName: string | null = null
  #key: PartitionKeyGenerator<never> = { type: 'random' }

  constructor() {
    super('KinesisStreamsSink', sinkContracts['kinesis-streams'].defaults)
  }

  /** The ARN has precedence over a stream name and determines the region. @throws ConfigurationError */
  setStreamArn(streamArn: string): this {
    this.#streamArn = parseStreamArn(streamArn).arn
    return this
  }

  setStreamName(streamName: string): this {
    this.#streamName = streamName
    return this
  }

  /** `aws.*` keys; see docs/reference/options.md. @throws ConfigurationError */
  setKinesisClientProperties(properties: Configuration | Readonly<Record<string, string>>): this {
    this.setClientProperties(properties)
    return this
  }

  /**
   * Default: random.
   *
   * @example setPartitionKeyGenerator((order: Order) => order.table)
   * @example setPartitionKeyGenerator((o: Order) => ({ partitionKey: o.table, explicitHashKey: o.vip ? 0n : null }))
   */
  setPartitionKeyGenerator<T>(generator: PartitionKeyGenerator<T>): this {
    this.#key = generator
    return this
  }

  build(): KinesisStreamsSink {
    if (this.#streamArn === null && !this.#streamName)
      throw new ConfigurationError(
        'The stream name must be set when initializing the KDS Sink: call setStreamArn or setStreamName.',
      )
    if (this.#streamArn === null && this.#streamName!.includes(':'))
      throw new ConfigurationError(
        `KinesisStreamsSink: setStreamName takes a name, and this is an ARN: '${this.#streamName}'. Call setStreamArn.`,
      )
    const { described, functions } = this.common()
    const [streamArn, streamName] = [this.#streamArn, this.#streamName]
    const key = this.#key
    checkSinkLimits(described)
    const generator = (register: RegisterLocal): PartitionKeyGeneratorSpec =>
      typeof key === 'function' ? { type: 'local', localId: register(key) } : key
    return new KinesisStreamsSink(register => ({
      type: 'kinesis-streams',
      streamArn,
      streamName,
      partitionKeyGenerator: generator(register),
      ...functions(register),
      ...described,
    }))
  }
}
