/** `hash`: each record goes to the subtask that owns the key group of its key. */
import { keyGroupOf } from '../../../schemas/contracts/key-codec.ts'
import { GraphError } from '../../foundation/errors.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { subtaskOf } from '../../operators/keyed-state/keyed-state.ts'
import type { Channel } from './channel.ts'
import { allOf, scatter } from './partitioner.ts'
import type { Partitioner } from './partitioner.ts'

export class HashPartitioner implements Partitioner {
  readonly #maxParallelism: number
  readonly reaches = allOf

  /** `maxParallelism`: that of the target. */
  constructor(maxParallelism: number) {
    this.#maxParallelism = maxParallelism
  }

  write(batch: RecordBatch, channels: readonly Channel[]): Promise<void> | void {
    const { keys, count } = batch
    if (keys === null) throw new GraphError('Records without keys came to an edge that goes by key.')
    const groups = new Uint16Array(count)
    for (let i = 0; i < count; i++)
      groups[i] = keyGroupOf(keys.bytes, keys.offset[i]!, keys.length[i]!, this.#maxParallelism)
    const keyed = batch.withKeys(keys.withGroups(groups))
    if (channels.length === 1) return channels[0]!.put({ type: 'batch', batch: keyed })
    const targets = groups.map(group => subtaskOf(group, channels.length, this.#maxParallelism))
    return scatter(keyed, targets, channels)
  }
}
