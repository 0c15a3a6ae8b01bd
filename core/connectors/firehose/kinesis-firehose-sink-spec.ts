/** A sink to a delivery stream of Amazon Data Firehose, as data. A record has no key. */
import { text } from '../../foundation/shape/shape.ts'
import type { InferFields } from '../../foundation/shape/shape.ts'
import { batchingSinkFields } from '../entries/batching-sink-spec.ts'

export const kinesisFirehoseSinkFields = { deliveryStreamName: text, ...batchingSinkFields }
export type KinesisFirehoseSinkSpec = { readonly type: 'kinesis-firehose' } & InferFields<
  typeof kinesisFirehoseSinkFields
>
