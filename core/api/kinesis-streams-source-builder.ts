/** What a program says of a Kinesis source. The setters are Flink's; a wrong value fails at the call. */
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
  /** Only for the compiler: what the stream's values are. */
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
   * In place of an ARN: the region comes from `aws.region` or AWS_REGION, and the account from the credentials.
   * (Of Shardline; Flink's builder takes an ARN.)
   */
  setStreamName(streamName: string): this {
    this.#streamName = streamName
    return this
  }

  /**
   * Which subtask reads a shard. Default: each subtask reads an even share of the hash keys.
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
   * One of this package's, or an object with a method `deserialize` of the program's own, which also sees the record's key,
   * sequence number, arrival, shard and stream. @throws ConfigurationError
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
   * Who gets records that the schema cannot read, with their bytes and where they lay; the job goes on. Without a handler
   * `shardline.source.poison-records` says what becomes of them. (Of Shardline; in Flink they fail the job.)
   *
   * @example setDeadLetterHandler(DeadLetterHandler.file('unreadable.jsonl'))
   */
  setDeadLetterHandler(handler: DeadLetterHandler): this {
    checkDeadLetterHandler(handler, 'KinesisStreamsSource')
    this.#deadLetters = handler
    return this
  }

  /** Whether children of a resharded shard wait for their parents; default true. */
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
