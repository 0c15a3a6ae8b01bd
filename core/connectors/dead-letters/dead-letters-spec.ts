/** Where records go that cannot be read or can never be written, as data. */
import { described, named, nullable, text, variants } from '../../foundation/shape/shape.ts'
import type { Infer } from '../../foundation/shape/shape.ts'
import { localFunction, moduleFunction, pythonCallable } from '../../graph/function-spec.ts'
import { configuration } from '../../graph/transformation.ts'

/** The ARN wins where both are set. */
export const streamIdentity = { streamArn: nullable(text), streamName: nullable(text) }

const target = named(
  'deadLetters',
  variants(
    'type',
    {
      file: { path: text },
      'kinesis-streams': { ...streamIdentity, configuration },
      local: localFunction,
      module: moduleFunction,
      python: pythonCallable,
    },
    {
      file: 'Each record as a line of JSON.',
      'kinesis-streams': 'Each record as a record of JSON. The configuration has aws.* keys.',
      local: 'A function of the process that runs the engine.',
      module: 'An exported function of the dead letters.',
      python: 'A callable, pickled by cloudpickle and called in the driver.',
    },
  ),
)
export type DeadLettersSpec = Infer<typeof target>

export const deadLettersShape = described(
  'Where records go that cannot be read, or can never be written. With null they go nowhere. Then a sink fails the job, and a source does as shardline.source.poison-records is set.',
  nullable(target),
)
