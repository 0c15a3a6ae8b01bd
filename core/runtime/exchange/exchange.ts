/** The channels between the subtasks of an attempt. */
import type { Chain, OutEdge } from '../plan/job-plan.ts'
import { Channel } from './channel.ts'
import type { InputChannel } from './input-gate.ts'
import type { PartitionFunction } from './partitioners.ts'
import { partitionerOf } from './partitioners.ts'
import { RecordWriter } from './record-writer.ts'

export class Exchange {
  readonly channels: Channel[] = []
  readonly #capacity: number
  readonly #inputs: ReadonlyMap<Chain, readonly InputChannel[][]>

  constructor(chains: readonly Chain[], capacity: number) {
    this.#capacity = capacity
    this.#inputs = new Map(chains.map(chain => [chain, Array.from({ length: chain.parallelism }, () => [])]))
  }

  /** The channels of a subtask. They are complete when the writers of all chains have been made. */
  inputsOf(chain: Chain, subtask: number): readonly InputChannel[] {
    return this.#inputs.get(chain)![subtask]!
  }

  /** `partition`: the function of a custom partitioner. */
  writer(
    { target, input, partitioner: spec }: OutEdge,
    from: { readonly subtask: number; readonly parallelism: number },
    partition: PartitionFunction | null,
  ): RecordWriter {
    const { subtask, parallelism } = from
    const { maxParallelism, parallelism: targetParallelism } = target
    const partitioner = partitionerOf(spec, { subtask, maxParallelism, partition, random: Math.random })
    const reached = partitioner.reaches({ subtask, parallelism, targetParallelism })
    return new RecordWriter(
      reached.map(i => this.#connect(target, i, input)),
      partitioner,
    )
  }

  #connect(target: Chain, subtask: number, input: number): Channel {
    const channel = new Channel(this.#capacity)
    this.channels.push(channel)
    this.#inputs.get(target)![subtask]!.push({ channel, input })
    return channel
  }
}
