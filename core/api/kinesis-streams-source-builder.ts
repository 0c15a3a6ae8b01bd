/** Builds a Kinesis source. The setters are Flink's. An invalid value is an error of the setter. */
import { awsOptions } from '../foundation/config/aws-options.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../foundation/config/kinesis-source-options.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { KinesisStreamsSourceSpec } from '../connectors/kinesis/kinesis-streams-source-spec.ts'
import { parseStreamArn } from '../aws/service/arn.ts'
import type { KinesisShardAssigner } from '../operators/shard-assigner.ts'
import type { KinesisDeserializationSchema } from '../../schemas/contracts/program-schema.ts'
import { checkDeadLetterHandler, deadLettersSpecOf } from './dead-letter-handler.ts'
import type { DeadLetterHandler } from './dead-letter-handler.ts'
import { isSchema, schemaSpecOf } from './schemas/schema.ts'
import type { RegisterLocal, Schema } from './schemas/schema.ts'

export interface KinesisStreamsSource<T> {
  readonly toSpec: (register: RegisterLocal) => KinesisStreamsSourceSpec
  readonly output: PayloadType
  /** The type of the stream's values. It exists for the compiler only. */
  readonly valueType?: T
}

export const KinesisStreamsSource = {
  builder: <T = string>(): KinesisStreamsSourceBuilder<T> => new KinesisStreamsSourceBuilder<T>(),
} as const

export class KinesisStreamsSourceBuilder<T> {
  #streamArn: string | null = null
  #configuration: Readonly<Record<string, string>> = {}
  #schema: Schema<T, never> | KinesisDeserializationSchema<T> | null = null
  #deadLetters: DeadLetterHandler | null = null
  #streamName: string | null = null
  #assigner: KinesisShardAssigner | null = null
  #preserveShardOrder = true

  /** `arn:aws:kinesis:region:account:stream/name`; the region is taken from it. @throws ConfigurationError */
  setStreamArn(streamArn: string): this {
    this.#streamArn = parseStreamArn(streamArn).arn
    return this
  }

  /**
   * Sets the stream by name instead of an ARN. The region comes from `aws.region` or AWS_REGION, and the account from the
   * credentials. (Flink's builder has no such setter.)
   */
  setStreamName(streamName: string): this {
    this.#streamName = streamName
    return this
  }

  /**
   * Sets the assigner of shards to subtasks. By default each subtask reads an equal part of the hash key range.
   *
   * @example setKinesisShardAssigner((shard, { parallelism }) => Number(shard.shardId.slice(-3)) % parallelism)
   */
  setKinesisShardAssigner(assigner: KinesisShardAssigner): this {
    this.#assigner = assigner
    return this
  }

  /** Options by key, such as `source.init.position`; see docs/reference/options.md. @throws ConfigurationError */
  setSourceConfig(configuration: Configuration | Readonly<Record<string, string>>): this {
    const checked = configuration instanceof Configuration ? configuration : new Configuration(configuration)
    for (const option of [...Object.values(kinesisSourceOptions), ...Object.values(awsOptions)])
      checked.find<unknown>(option)
    this.#configuration = checked.toObject()
    return this
  }

  /**
   * @param schema a schema of this package, or an object of the program with a method `deserialize`, which also receives the
   * partition key, sequence number, arrival time, shard and stream of the record
   * @throws ConfigurationError
   */
  setDeserializationSchema<U>(
    schema: Schema<U, never> | KinesisDeserializationSchema<U>,
  ): KinesisStreamsSourceBuilder<U> {
    if (!isSchema(schema, 'deserialize'))
      throw new ConfigurationError(
        'KinesisStreamsSource: setDeserializationSchema takes a schema such as new SimpleStringSchema(), or an object with a method deserialize.',
      )
    const builder = this as unknown as KinesisStreamsSourceBuilder<U>
    builder.#schema = schema
    return builder
  }

  /**
   * Sets the handler of records that the schema cannot read. It receives their bytes and positions, and the job continues. Without
   * a handler, `shardline.source.poison-records` applies. (Flink has no such setter and fails the job.)
   *
   * @example setDeadLetterHandler(DeadLetterHandler.file('unreadable.jsonl'))
   */
  setDeadLetterHandler(handler: DeadLetterHandler): this {
    checkDeadLetterHandler(handler, 'KinesisStreamsSource')
    this.#deadLetters = handler
    return this
  }

  /** Whether the children of a resharded shard are read after their parents. Default: true. */
  setPreserveShardOrder(preserveShardOrder: boolean): this {
    this.#preserveShardOrder = preserveShardOrder
    return this
  }

  build(): KinesisStreamsSource<T> {
    if (this.#streamArn === null && !this.#streamName)
      throw new ConfigurationError(
        'KinesisStreamsSource: set a stream ARN with setStreamArn, or a name with setStreamName.',
      )
    if (this.#schema === null)
      throw new ConfigurationError('KinesisStreamsSource: set a schema with setDeserializationSchema.')
    const [schema, assigner, deadLetters] = [this.#schema, this.#assigner, this.#deadLetters]
    const spec = {
      type: 'kinesis-streams' as const,
      streamArn: this.#streamArn,
      streamName: this.#streamArn === null ? this.#streamName : null,
      configuration: this.#configuration,
      preserveShardOrder: this.#preserveShardOrder,
    }
    return {
      output: 'payload' in schema ? schema.payload : 'object',
      toSpec: register => ({
        ...spec,
        deserializationSchema: schemaSpecOf(schema, register),
        deadLetters: deadLettersSpecOf(deadLetters, register),
        shardAssigner: assigner === null ? { type: 'uniform' } : { type: 'local', localId: register(assigner) },
      }),
    }
  }
}
