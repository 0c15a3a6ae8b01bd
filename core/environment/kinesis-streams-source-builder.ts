/** What a program says of a Kinesis source. The setters are Flink's; a wrong value fails at the call. */
import { awsOptions } from '../config/aws-options.ts'
import { Configuration } from '../config/configuration.ts'
import { kinesisSourceOptions } from '../config/kinesis-source-options.ts'
import { ConfigurationError } from '../errors.ts'
import type { KinesisStreamsSourceSpec, PayloadType } from '../job-graph/job-graph.ts'
import { parseStreamArn } from '../kinesis/arn.ts'
import type { Schema } from './schema.ts'

export interface KinesisStreamsSource<T> {
  readonly spec: KinesisStreamsSourceSpec
  readonly output: PayloadType
  /** Only for the compiler: what the stream's values are. */
  readonly valueType?: T
}

export const KinesisStreamsSource = {
  builder: <T = string>(): KinesisStreamsSourceBuilder<T> => new KinesisStreamsSourceBuilder<T>(),
} as const

export class KinesisStreamsSourceBuilder<T> {
  #streamArn: string | null = null
  #configuration: Readonly<Record<string, string>> = {}
  #schema: Schema<T> | null = null
  #preserveShardOrder = true

  /** `arn:aws:kinesis:region:account:stream/name`; the region is taken from it. @throws ConfigurationError */
  setStreamArn(streamArn: string): this {
    this.#streamArn = parseStreamArn(streamArn).arn
    return this
  }

  /** Options by key, such as `source.init.position`; see docs/options.md. @throws ConfigurationError */
  setSourceConfig(configuration: Readonly<Record<string, string>>): this {
    const checked = new Configuration(configuration)
    for (const option of [...Object.values(kinesisSourceOptions), ...Object.values(awsOptions)])
      checked.find<unknown>(option)
    this.#configuration = { ...configuration }
    return this
  }

  setDeserializationSchema<U>(schema: Schema<U>): KinesisStreamsSourceBuilder<U> {
    const builder = this as unknown as KinesisStreamsSourceBuilder<U>
    builder.#schema = schema
    return builder
  }

  /** Whether children of a resharded shard wait for their parents; default true. */
  setPreserveShardOrder(preserveShardOrder: boolean): this {
    this.#preserveShardOrder = preserveShardOrder
    return this
  }

  build(): KinesisStreamsSource<T> {
    if (this.#streamArn === null)
      throw new ConfigurationError('KinesisStreamsSource: set a stream ARN with setStreamArn.')
    if (this.#schema === null)
      throw new ConfigurationError('KinesisStreamsSource: set a schema with setDeserializationSchema.')
    return {
      output: this.#schema.payload,
      spec: {
        type: 'kinesis-streams',
        streamArn: this.#streamArn,
        configuration: this.#configuration,
        deserializationSchema: this.#schema.spec,
        shardAssigner: { type: 'uniform' },
        preserveShardOrder: this.#preserveShardOrder,
      },
    }
  }
}
