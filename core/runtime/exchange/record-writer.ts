/**
 * The edge from one subtask to the subtasks of another chain. A partitioner decides which records go to which of them. Barriers,
 * watermarks, the ends of splits and the end of input go to all that it reaches.
 */
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { Channel } from './channel.ts'
import type { Partitioner } from './partitioner.ts'
import type { StreamElement } from './stream-element.ts'

export class RecordWriter {
  readonly #channels: readonly Channel[]
  readonly #partitioner: Partitioner

  /** `channels`: to the subtasks that the partitioner reaches, in its order. */
  constructor(channels: readonly Channel[], partitioner: Partitioner) {
    this.#channels = channels
    this.#partitioner = partitioner
  }

  get channelCount(): number {
    return this.#channels.length
  }

  write(batch: RecordBatch): Promise<void> | void {
    return this.#partitioner.write(batch, this.#channels)
  }

  async broadcast(element: Exclude<StreamElement, { type: 'batch' }>): Promise<void> {
    for (const channel of this.#channels) await channel.put(element)
  }
}
