/** A source that reads a Kinesis data stream, as data. */
import { bool, described, variants } from '../../foundation/shape/shape.ts'
import type { Infer, InferFields } from '../../foundation/shape/shape.ts'
import { localFunction, moduleFunction, pythonCallable } from '../../graph/function-spec.ts'
import { configuration } from '../../graph/transformation.ts'
import { schemaShape } from '../../../schemas/contracts/schema-shape.ts'
import { deadLettersShape, streamIdentity } from '../dead-letters/dead-letters-spec.ts'

const shardAssigner = described(
  'Which subtask reads a shard.',
  variants(
    'type',
    { uniform: {}, default: {}, local: localFunction, module: moduleFunction, python: pythonCallable },
    {
      uniform: 'Each subtask reads an even share of the hash keys.',
      default: "By a number made of the shard's id.",
      local: 'A function of the process that runs the engine: see module.',
      module: 'A function (shard, context) that returns the index of a subtask.',
      python: 'A callable, pickled by cloudpickle and called in the driver.',
    },
  ),
)
export type ShardAssignerSpec = Infer<typeof shardAssigner>

export const kinesisStreamsSourceFields = {
  /** With a name alone the region must be configured, and the service is asked for the ARN. */
  ...streamIdentity,
  /** `aws.*`, `source.*` and `shardline.source.*` keys. */
  configuration,
  deserializationSchema: schemaShape,
  deadLetters: deadLettersShape,
  shardAssigner,
  preserveShardOrder: bool,
}
export type KinesisStreamsSourceSpec = { readonly type: 'kinesis-streams' } & InferFields<
  typeof kinesisStreamsSourceFields
>
