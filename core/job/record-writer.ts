/**
 * The edge from one subtask to the subtasks of another chain. `forward` keeps to one channel; `rebalance` shares every batch
 * among all channels evenly, starting with another one each time. Barriers, watermarks and the end go to all.
 */
import type { Partitioning } from '../job-graph/job-graph.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { Channel } from './channel.ts'
import type { StreamElement } from './stream-element.ts'

export class RecordWriter {
  readonly #channels: readonly Channel[]
  readonly #partitioning: Partitioning
  #start = 0

  /** With `forward` there is one channel. */
  constructor(channels: readonly Channel[], partitioning: Partitioning, subtask: number) {
    this.#channels = channels
    this.#partitioning = partitioning
    this.#start = subtask % channels.length
  }

  write(batch: RecordBatch): Promise<void> | void {
    if (this.#partitioning === 'forward' || this.#channels.length === 1)
      return this.#channels[0]!.put({ type: 'batch', batch })
    return this.#share(batch)
  }

  async broadcast(element: StreamElement): Promise<void> {
    for (const channel of this.#channels) await channel.put(element)
  }

  async #share(batch: RecordBatch): Promise<void> {
    const n = this.#channels.length
    let from = 0
    for (let i = 0; i < n && from < batch.count; i++) {
      const to = Math.max(from + 1, Math.round(((i + 1) * batch.count) / n))
      const channel = this.#channels[(this.#start + i) % n]!
      await channel.put({ type: 'batch', batch: batch.slice(from, to) })
      from = to
    }
    this.#start = (this.#start + 1) % n
  }
}
