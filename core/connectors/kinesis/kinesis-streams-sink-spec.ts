/** A sink to a Kinesis data stream, as data. */
import { variants } from '../../foundation/shape/shape.ts'
import type { Infer, InferFields } from '../../foundation/shape/shape.ts'
import { localFunction, moduleFunction } from '../../graph/function-spec.ts'
import { batchingSinkFields } from '../entries/batching-sink-spec.ts'
import { streamIdentity } from '../dead-letters/dead-letters-spec.ts'

const partitionKeyGenerator = variants(
  'type',
  { fixed: {}, random: {}, key_by: {}, local: localFunction, module: moduleFunction },
  {
    fixed: "The index of the sink's subtask.",
    random: 'A UUID for each record.',
    key_by:
      "What the 'key_by' before the sink gave: a string, or a tuple of the partition key and an explicit hash key or null.",
    local: 'A function of the process that runs the engine: see module.',
    module: 'A function of the value. It returns a string, or {partitionKey, explicitHashKey}.',
  },
)
export type PartitionKeyGeneratorSpec = Infer<typeof partitionKeyGenerator>

export const kinesisStreamsSinkFields = { ...streamIdentity, partitionKeyGenerator, ...batchingSinkFields }
export type KinesisStreamsSinkSpec = { readonly type: 'kinesis-streams' } & InferFields<typeof kinesisStreamsSinkFields>
