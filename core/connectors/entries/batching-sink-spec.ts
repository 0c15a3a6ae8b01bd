/** What sinks that send in batches have in common, as data. The names are Flink's. */
import { schemaShape } from '../../../schemas/contracts/schema-shape.ts'
import { configuration } from '../../graph/transformation.ts'
import { batchingLimitFields } from '../async-sink/batching-limits.ts'
import { deadLettersShape } from '../dead-letters/dead-letters-spec.ts'

export const batchingSinkFields = {
  /** `aws.*` and `sink.*` keys. */
  configuration,
  serializationSchema: schemaShape,
  deadLetters: deadLettersShape,
  ...batchingLimitFields,
}
