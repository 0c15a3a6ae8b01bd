/** Creates Firehose sinks from their descriptions. */
import type { SinkFactory } from '../../operators/sink-factory.ts'
import { deadLetterFunctionOf } from '../dead-letters/dead-letter-function.ts'
import { kinesisFirehoseSinkFields } from './kinesis-firehose-sink-spec.ts'
import type { KinesisFirehoseSinkSpec } from './kinesis-firehose-sink-spec.ts'
import { KinesisFirehoseSinkConnector } from './kinesis-firehose-sink-connector.ts'

export const kinesisFirehoseSinkFactory: SinkFactory<KinesisFirehoseSinkSpec> = {
  type: 'kinesis-firehose',
  description: 'Writes to a delivery stream of Amazon Data Firehose.',
  fields: kinesisFirehoseSinkFields,
  async create({ sink, name }, job) {
    // The client is loaded when a job needs it.
    const { FirehoseDeliveryStream } = await import('../../aws/firehose/firehose-client.ts')
    return new KinesisFirehoseSinkConnector(sink, job.configuration, job.clock, {
      proxyFactory: (...made) => new FirehoseDeliveryStream(...made),
      deadLetters: await deadLetterFunctionOf(sink.deadLetters, name, job),
      schemas: job.schemas(name),
    })
  },
}
