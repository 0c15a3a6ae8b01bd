/** Creates Kinesis sinks from their descriptions. */
import type { SinkFactory } from '../../../operators/sink-factory.ts'
import { deadLetterFunctionOf } from '../../dead-letters/dead-letter-function.ts'
import { kinesisStreamsSinkFields } from '../kinesis-streams-sink-spec.ts'
import type { KinesisStreamsSinkSpec } from '../kinesis-streams-sink-spec.ts'
import { KinesisStreamsSinkConnector } from './kinesis-streams-sink-connector.ts'

export const kinesisStreamsSinkFactory: SinkFactory<KinesisStreamsSinkSpec> = {
  type: 'kinesis-streams',
  description: 'Writes to a Kinesis data stream.',
  fields: kinesisStreamsSinkFields,
  takesKeys: ({ partitionKeyGenerator }) => partitionKeyGenerator.type === 'key_by',
  async create({ sink, name }, job) {
    const generator = sink.partitionKeyGenerator
    const isFunction = generator.type === 'local' || generator.type === 'module'
    return new KinesisStreamsSinkConnector(sink, job.configuration, job.clock, {
      key: isFunction ? ((await job.loadFunction(generator, name)) as (value: unknown) => unknown) : null,
      deadLetters: await deadLetterFunctionOf(sink.deadLetters, name, job),
      schemas: job.schemas(name),
    })
  },
}
