/**
 * `rebalance` and `rescale`: shares every batch evenly among the channels, and starts with another channel each time. `rebalance`
 * reaches all subtasks. `rescale` reaches a share of them, or, where there are fewer of them, the one whose share the sender is.
 */
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { Channel } from './channel.ts'
import { allOf } from './partitioner.ts'
import type { EdgeEnds, Partitioner } from './partitioner.ts'

export class RoundRobinPartitioner implements Partitioner {
  readonly #rescale: boolean
  #start: number

  constructor(subtask: number, rescale: boolean) {
    this.#start = subtask
    this.#rescale = rescale
  }

  reaches(edge: EdgeEnds): readonly number[] {
    return this.#rescale ? shareOf(edge) : allOf(edge)
  }

  write(batch: RecordBatch, channels: readonly Channel[]): Promise<void> | void {
    if (channels.length === 1) return channels[0]!.put({ type: 'batch', batch })
    return this.#share(batch, channels)
  }

  async #share(batch: RecordBatch, channels: readonly Channel[]): Promise<void> {
    const n = channels.length
    let from = 0
    for (let i = 0; i < n && from < batch.count; i++) {
      const to = Math.max(from + 1, Math.round(((i + 1) * batch.count) / n))
      const channel = channels[(this.#start + i) % n]!
      await channel.put({ type: 'batch', batch: batch.slice(from, to) })
      from = to
    }
    this.#start = (this.#start + 1) % n
  }
}

/** As Flink's pointwise edges: every subtask of the larger side belongs to one of the smaller. */
export function shareOf({ subtask, parallelism, targetParallelism }: EdgeEnds): readonly number[] {
  if (targetParallelism <= parallelism) return [Math.floor(((subtask + 1) * targetParallelism - 1) / parallelism)]
  const from = Math.floor((subtask * targetParallelism + parallelism - 1) / parallelism)
  const to = Math.floor(((subtask + 1) * targetParallelism + parallelism - 1) / parallelism)
  return Array.from({ length: to - from }, (_, i) => from + i)
}
