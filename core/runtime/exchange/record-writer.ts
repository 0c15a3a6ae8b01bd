/**
 * The edge from one subtask to the subtasks of another chain. `forward` keeps to one channel; `rebalance` shares every batch
 * among all channels evenly, starting with another one each time; `hash` sends each record to the subtask that owns its key
 * group. Barriers, event time, the ends of splits and the end of input go to all.
 */
import { keyGroupOf } from '../../../schemas/contracts/key-codec.ts'
import { GraphError } from '../../foundation/errors.ts'
import type { Partitioning } from '../../graph/job-graph.ts'
import { subtaskOf } from '../../operators/keyed-state/keyed-state.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { Channel } from './channel.ts'
import type { StreamElement } from './stream-element.ts'

export class RecordWriter {
  readonly #channels: readonly Channel[]
  readonly #partitioning: Partitioning
  readonly #maxParallelism: number
  #start = 0

  /** With `forward` there is one channel. `maxParallelism`: of the target. */
  constructor(channels: readonly Channel[], partitioning: Partitioning, subtask: number, maxParallelism: number) {
    this.#channels = channels
    this.#partitioning = partitioning
    this.#maxParallelism = maxParallelism
    this.#start = subtask % channels.length
  }

  get channelCount(): number {
    return this.#channels.length
  }

  write(batch: RecordBatch): Promise<void> | void {
    if (this.#partitioning === 'hash') return this.#byKey(batch)
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

  #byKey(batch: RecordBatch): Promise<void> | void {
    const { keys, count } = batch
    if (keys === null) throw new GraphError('Records without keys came to an edge that goes by key.')
    const groups = new Uint16Array(count)
    for (let i = 0; i < count; i++)
      groups[i] = keyGroupOf(keys.bytes, keys.offset[i]!, keys.length[i]!, this.#maxParallelism)
    const keyed = batch.withKeys(keys.withGroups(groups))
    if (this.#channels.length === 1) return this.#channels[0]!.put({ type: 'batch', batch: keyed })
    return this.#scatter(keyed, groups)
  }

  async #scatter(batch: RecordBatch, groups: Uint16Array): Promise<void> {
    const n = this.#channels.length
    const counts = new Uint32Array(n)
    const targets = new Uint16Array(batch.count)
    for (let i = 0; i < batch.count; i++) counts[(targets[i] = subtaskOf(groups[i]!, n, this.#maxParallelism))]!++
    const indices = Array.from(counts, count => new Uint32Array(count))
    counts.fill(0)
    for (let i = 0; i < batch.count; i++) {
      const target = targets[i]!
      indices[target]![counts[target]!++] = i
    }
    for (const [target, of] of indices.entries())
      if (of.length > 0) await this.#channels[target]!.put({ type: 'batch', batch: batch.select(of) })
  }
}
