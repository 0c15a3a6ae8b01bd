/** How an edge distributes records over the subtasks of its target, as data. Flink's partitioners by their names. */
import { named, variants } from '../foundation/shape/shape.ts'
import type { Infer } from '../foundation/shape/shape.ts'
import { localFunction, moduleFunction } from './function-spec.ts'

export const partitionerSpec = named(
  'partitioner',
  variants(
    'type',
    {
      forward: {},
      rebalance: {},
      rescale: {},
      shuffle: {},
      broadcast: {},
      global: {},
      hash: {},
      local: localFunction,
      module: moduleFunction,
    },
    {
      forward: 'To the subtask with the same index. Both ends have the same parallelism.',
      rebalance: 'To all subtasks in turn.',
      rescale: 'In turn to the subtasks that are the share of the sending one.',
      shuffle: 'To a random subtask.',
      broadcast: 'To every subtask.',
      global: 'To the first subtask.',
      hash: "By key: to the subtask that owns the key group. From a 'key_by', and only from there.",
      local: 'A function of the process that runs the engine: see module.',
      module: 'A function (value, numberOfSubtasks) that returns the index of a subtask.',
    },
  ),
)
export type PartitionerSpec = Infer<typeof partitionerSpec>
