/** `forward`, `global`, `broadcast`, `shuffle` and custom partitioners, and which partitioner a description means. */
import { asError, GraphError } from '../../foundation/errors.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { PartitionerSpec } from '../../graph/partitioner-spec.ts'
import { functionError } from '../../operators/functions/function-error.ts'
import type { Channel } from './channel.ts'
import { HashPartitioner } from './hash-partitioner.ts'
import { allOf, scatter } from './partitioner.ts'
import type { Partitioner } from './partitioner.ts'
import { RoundRobinPartitioner } from './round-robin-partitioner.ts'

/** A function of the program. It returns the index of a subtask. */
export type PartitionFunction = (value: unknown, numPartitions: number) => number

export interface PartitionerOptions {
  readonly subtask: number
  /** That of the target. */
  readonly maxParallelism: number
  /** The function of a custom partitioner. */
  readonly partition: PartitionFunction | null
  readonly random: () => number
}

export function partitionerOf(
  { type }: PartitionerSpec,
  { subtask, maxParallelism, partition, random }: PartitionerOptions,
): Partitioner {
  switch (type) {
    case 'forward':
      return { reaches: edge => [edge.subtask], write: toFirst }
    case 'global':
      // Watermarks and the end of input go to all.
      return { reaches: allOf, write: toFirst }
    case 'rebalance':
      return new RoundRobinPartitioner(subtask, false)
    case 'rescale':
      return new RoundRobinPartitioner(subtask, true)
    case 'broadcast':
      return { reaches: allOf, write: broadcast }
    case 'shuffle':
      return scattering((_, n) => Math.floor(random() * n))
    case 'hash':
      return new HashPartitioner(maxParallelism)
    case 'local':
    case 'module':
      return scattering((batch, n, i) => chosen(partition!, batch, n, i))
  }
}

function toFirst(batch: RecordBatch, channels: readonly Channel[]): Promise<void> | void {
  return channels[0]!.put({ type: 'batch', batch })
}

async function broadcast(batch: RecordBatch, channels: readonly Channel[]): Promise<void> {
  for (const channel of channels) await channel.put({ type: 'batch', batch })
}

function scattering(targetOf: (batch: RecordBatch, channels: number, i: number) => number): Partitioner {
  return {
    reaches: allOf,
    write: (batch, channels) =>
      scatter(
        batch,
        Uint16Array.from({ length: batch.count }, (_, i) => targetOf(batch, channels.length, i)),
        channels,
      ),
  }
}

/** @throws FunctionError, GraphError if the function fails or does not name a subtask */
function chosen(partition: PartitionFunction, batch: RecordBatch, numPartitions: number, index: number): number {
  let target: number
  try {
    target = partition(batch.value(index), numPartitions)
  } catch (error) {
    const { name, message, stack } = asError(error)
    const failure = { operatorName: 'Partitioner', errorType: name, message, traceback: stack ?? null, index }
    throw functionError(failure, batch, error)
  }
  if (Number.isInteger(target) && target >= 0 && target < numPartitions) return target
  throw new GraphError(
    `A custom partitioner returned ${String(target)}. It must return a whole number from 0 to ${numPartitions - 1}.`,
  )
}
