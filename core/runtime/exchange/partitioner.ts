/**
 * How an edge distributes records over the subtasks of its target. A partitioner belongs to one sending subtask. Flink's
 * partitioners, by their names; batches take the place of single records where that changes nothing but who gets which.
 */
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { Channel } from './channel.ts'

export interface Partitioner {
  /**
   * Indexes of the subtasks that the edge has channels to, in the order in which `write` gets the channels. All partitioners of an
   * edge together reach every subtask, which otherwise would wait for its input for ever.
   */
  reaches(edge: EdgeEnds): readonly number[]
  write(batch: RecordBatch, channels: readonly Channel[]): Promise<void> | void
}

export interface EdgeEnds {
  /** The sending subtask. */
  readonly subtask: number
  readonly parallelism: number
  readonly targetParallelism: number
}

export const allOf = ({ targetParallelism }: EdgeEnds): readonly number[] =>
  Array.from({ length: targetParallelism }, (_, i) => i)

/** Sends each record to the channel that `targets` names for it. */
export async function scatter(batch: RecordBatch, targets: Uint16Array, channels: readonly Channel[]): Promise<void> {
  const counts = new Uint32Array(channels.length)
  for (const target of targets) counts[target]!++
  const indices = Array.from(counts, count => new Uint32Array(count))
  counts.fill(0)
  for (let i = 0; i < batch.count; i++) {
    const target = targets[i]!
    indices[target]![counts[target]!++] = i
  }
  for (const [target, of] of indices.entries())
    if (of.length > 0) await channels[target]!.put({ type: 'batch', batch: batch.select(of) })
}
