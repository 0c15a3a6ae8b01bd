/**
 * One execution of a job: builds the subtasks of every chain, connects them, starts them from a checkpoint or afresh, and
 * ends as a whole: the first failure takes all others down.
 */
import type { Checkpoint, OperatorCheckpoint } from '../../checkpoint/checkpoint.ts'
import type { CheckpointedAttempt } from '../../checkpoint/checkpoint-gathering.ts'
import type { Clock } from '../../foundation/clock.ts'
import { AlignmentGroup } from '../../event-time/watermark-alignment.ts'
import type { AttemptBuilder, OperatorContext } from '../assembly/attempt-builder.ts'
import type { Operator } from '../../operators/operator.ts'
import { explainShards } from '../../operators/source/explain.ts'
import type { ShardExplanation } from '../../operators/source/explain.ts'
import type { Source, SourceEnumerator, SourceReader } from '../../operators/source/source.ts'
import { Channel } from '../exchange/channel.ts'
import { InputGate } from '../exchange/input-gate.ts'
import type { Chain, ChainNode, JobPlan } from '../plan/job-plan.ts'
import { OperatorTree } from '../task/operator-tree.ts'
import { RecordWriter } from '../exchange/record-writer.ts'
import { Subtask } from '../task/subtask.ts'
import type { SubtaskInput } from '../task/subtask.ts'

interface RunningSource {
  readonly node: ChainNode
  readonly enumerator: SourceEnumerator
}

export class Attempt implements CheckpointedAttempt {
  readonly subtasks: readonly Subtask[]
  /** Settles when the attempt has ended as a whole and holds nothing any more. Rejects with the first failure. */
  readonly done: Promise<void>
  readonly #plan: JobPlan
  readonly #builder: AttemptBuilder
  readonly #clock: Clock
  readonly #channels: Channel[] = []
  readonly #sources: RunningSource[] = []
  readonly #restored: ReadonlyMap<string, OperatorCheckpoint>
  #failure: unknown = null
  #resolveDone!: () => void
  #rejectDone!: (error: unknown) => void

  constructor(
    plan: JobPlan,
    builder: AttemptBuilder,
    restored: Checkpoint | null,
    channelCapacity: number,
    clock: Clock,
  ) {
    this.#plan = plan
    this.#builder = builder
    this.#clock = clock
    this.#restored = new Map(restored?.operators.map(o => [o.operatorId, o]))
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve
      this.#rejectDone = reject
    })
    this.done.catch(() => undefined)
    this.subtasks = this.#build(channelCapacity)
  }

  get failing(): boolean {
    return this.#failure !== null
  }

  /** Resolves once everything is open and the sources read. Rejects, with the attempt ended, if that fails. */
  async start(): Promise<void> {
    try {
      // All have come to an end before anything is closed: what opens late would stay open.
      await allOf(this.subtasks.map(s => s.open()))
      this.#throwIfFailed()
      const restoring = this.#restored.size > 0
      await allOf(
        this.#sources.map(s =>
          s.enumerator
            .start(restoring ? restoredSource(this.#restored.get(s.node.operatorId)) : null)
            .catch((error: unknown) => {
              this.fail(error)
              throw error
            }),
        ),
      )
      this.#throwIfFailed()
    } catch (error) {
      this.fail(error)
      await this.#end([])
      throw this.#failure
    }
    void this.#run()
  }

  fail(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = error
    for (const channel of this.#channels) channel.close()
    for (const { enumerator } of this.#sources) enumerator.close()
    for (const subtask of this.subtasks) subtask.abort(error).catch(() => undefined)
  }

  /** Ends the sources; the attempt finishes when everything that they gave was worked off. */
  stop(): void {
    for (const subtask of this.subtasks) subtask.stop()
  }

  explain(): ShardExplanation[] {
    const reading = this.subtasks.flatMap(s => (s.reader === null ? [] : [s.reader.metrics().shards]))
    return explainShards(
      this.#sources.flatMap(s => s.enumerator.explain?.() ?? []),
      reading,
      this.#clock.now(),
    )
  }

  operators(checkpointId: number): Omit<OperatorCheckpoint, 'subtasks'>[] {
    return this.#plan.nodes.map(({ node, chain }) => ({
      operatorId: node.operatorId,
      name: node.name,
      parallelism: chain.parallelism,
      maxParallelism: chain.maxParallelism,
      enumerator: this.#sources.find(s => s.node === node)?.enumerator.snapshot(checkpointId) ?? null,
    }))
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure as Error
  }

  async #run(): Promise<void> {
    await this.#end(
      this.subtasks.map(s =>
        s.run().catch((error: unknown) => {
          this.fail(error)
        }),
      ),
    )
    if (this.#failure === null) this.#resolveDone()
    else this.#rejectDone(this.#failure)
  }

  async #end(running: readonly Promise<void>[]): Promise<void> {
    await Promise.all(running)
    for (const { enumerator } of this.#sources) enumerator.close()
    await Promise.allSettled(this.subtasks.map(s => s.tree.close()))
    for (const subtask of this.subtasks) subtask.reader?.close()
  }

  #build(capacity: number): Subtask[] {
    const inputs = new Map<Chain, Channel[][]>(
      this.#plan.chains.map(c => [c, Array.from({ length: c.parallelism }, () => [])]),
    )
    const readersOf = new Map<Chain, readonly SourceReader[]>()
    const groups = new Map<string, AlignmentGroup>()
    const alignmentGroup = (name: string): AlignmentGroup => {
      const group = groups.get(name) ?? new AlignmentGroup()
      groups.set(name, group)
      return group
    }
    const trees = this.#plan.chains.map(chain =>
      Array.from({ length: chain.parallelism }, (_, i) => {
        const context = {
          fail: (error: unknown) => this.fail(error),
          activeSplits: () => readersOf.get(chain)?.[i]?.activeSplits ?? [],
          pauseOrResumeSplits: (pause: readonly string[], resume: readonly string[]) =>
            readersOf.get(chain)?.[i]?.pauseOrResumeSplits(pause, resume),
          alignmentGroup,
        }
        return this.#tree(chain.head, chain, i, context, inputs, capacity)
      }),
    )
    const subtasks: Subtask[] = []
    this.#plan.chains.forEach((chain, c) => {
      const readers = chain.head.kind === 'source' ? this.#startable(chain) : null
      if (readers !== null) readersOf.set(chain, readers)
      for (let i = 0; i < chain.parallelism; i++) {
        const input: SubtaskInput =
          readers === null
            ? { type: 'channels', gate: new InputGate(inputs.get(chain)![i]!) }
            : { type: 'source', reader: readers[i]! }
        subtasks.push(new Subtask(chain, i, trees[c]![i]!, input, this.#clock))
      }
    })
    return subtasks
  }

  #startable(chain: Chain): ReturnType<Source['createReader']>[] {
    const source = this.#builder.source(chain.head)
    const fail = (error: unknown): void => this.fail(error)
    const enumerator = source.createEnumerator({
      parallelism: chain.parallelism,
      addSplits: (subtask, splits) => readers[subtask]!.addSplits(splits),
      noMoreSplits: () => readers.forEach(r => r.noMoreSplits()),
      fail,
      warn: this.#builder.warn,
    })
    this.#sources.push({ node: chain.head, enumerator })
    const readers = Array.from({ length: chain.parallelism }, (_, subtask) =>
      source.createReader({
        subtask,
        sendEvent: event => enumerator.handleSourceEvent(subtask, event),
        fail,
        warn: this.#builder.warn,
      }),
    )
    return readers
  }

  #tree(
    node: ChainNode,
    chain: Chain,
    subtask: number,
    context: OperatorContext,
    inputs: ReadonlyMap<Chain, Channel[][]>,
    capacity: number,
  ): OperatorTree {
    const children = node.chained.map(child => this.#tree(child, chain, subtask, context, inputs, capacity))
    const writers = node.edges.map(({ target, partitioning }) => {
      const targets = inputs.get(target)!
      const reached = partitioning === 'forward' ? [targets[subtask]!] : targets
      const channels = reached.map(list => {
        const channel = new Channel(capacity)
        list.push(channel)
        this.#channels.push(channel)
        return channel
      })
      return new RecordWriter(channels, partitioning, subtask, target.maxParallelism)
    })
    return new OperatorTree(node, this.#operator(node, chain, subtask, context), children, writers)
  }

  #operator(node: ChainNode, chain: Chain, subtask: number, context: OperatorContext): Operator | null {
    const stored = (this.#restored.get(node.operatorId)?.subtasks ?? []).filter(s => s !== null)
    switch (node.kind) {
      case 'source':
        return null
      case 'function':
        return this.#builder.functionOperator(node, chain, subtask, stored, context)
      case 'watermarks':
        return this.#builder.watermarksOperator(node, context)
      case 'sink': {
        // List state: dealt out in turn, whatever the parallelism was.
        const dealt = stored.filter((_, i) => i % chain.parallelism === subtask)
        return this.#builder.sinkOperator(node, chain, subtask, dealt, context)
      }
    }
  }
}

/** As `Promise.all`, but settles only when all have. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') throw result.reason
}

function restoredSource(operator: OperatorCheckpoint | undefined): Parameters<SourceEnumerator['start']>[0] {
  if (operator === undefined) return null
  return { enumerator: operator.enumerator, readers: operator.subtasks.filter(s => s !== null) }
}
