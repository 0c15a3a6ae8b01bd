/**
 * One execution of a job. It creates and connects the subtasks of every chain and starts them, from a checkpoint if there is one.
 * The first failure of a subtask ends all subtasks.
 */
import type { Checkpoint, OperatorCheckpoint } from '../../checkpoint/checkpoint.ts'
import type { CheckpointedAttempt } from '../../checkpoint/checkpoint-gathering.ts'
import type { Clock } from '../../foundation/clock.ts'
import { AlignmentGroup } from '../../event-time/watermark-alignment.ts'
import type { JobOperators } from '../assembly/job-operators.ts'
import type { OperatorContext } from '../../operators/operator-kind.ts'
import { explainShards } from '../../operators/source/explain.ts'
import type { ShardExplanation } from '../../operators/source/explain.ts'
import type { Source, SourceEnumerator, SourceReader } from '../../operators/source.ts'
import { Exchange } from '../exchange/exchange.ts'
import { InputGate } from '../exchange/input-gate.ts'
import type { Chain, ChainNode, JobPlan } from '../plan/job-plan.ts'
import { OperatorTree } from '../task/operator-tree.ts'
import { Subtask } from '../task/subtask.ts'
import type { SubtaskInput } from '../task/subtask.ts'

export interface AttemptOptions {
  readonly plan: JobPlan
  readonly operators: JobOperators
  /** The checkpoint that the attempt starts from. `null` when it starts without one. */
  readonly restored: Checkpoint | null
  readonly channelCapacity: number
  readonly clock: Clock
  /** From 0. It grows with each restart. */
  readonly attempt: number
}

interface RunningSource {
  readonly node: ChainNode
  readonly enumerator: Pick<SourceEnumerator, 'start' | 'snapshot' | 'explain' | 'close'>
}

export class Attempt implements CheckpointedAttempt {
  readonly subtasks: readonly Subtask[]
  /** Settles when all subtasks have ended and their resources are released. Rejects with the first failure. */
  readonly done: Promise<void>
  readonly #plan: JobPlan
  readonly #operators: JobOperators
  readonly #clock: Clock
  readonly #attempt: number
  readonly #exchange: Exchange
  readonly #alignmentGroups = new Map<string, AlignmentGroup>()
  readonly #sources: RunningSource[] = []
  readonly #restored: ReadonlyMap<string, OperatorCheckpoint>
  #failure: unknown = null
  #resolveDone!: () => void
  #rejectDone!: (error: unknown) => void

  constructor({ plan, operators, restored, channelCapacity, clock, attempt }: AttemptOptions) {
    this.#plan = plan
    this.#operators = operators
    this.#clock = clock
    this.#attempt = attempt
    this.#exchange = new Exchange(plan.chains, channelCapacity)
    this.#restored = new Map(restored?.operators.map(o => [o.operatorId, o]))
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve
      this.#rejectDone = reject
    })
    this.done.catch(() => undefined)
    this.subtasks = this.#build()
  }

  get failing(): boolean {
    return this.#failure !== null
  }

  /** Resolves when all operators are open and the sources read. On failure it ends the attempt and rejects. */
  async start(): Promise<void> {
    try {
      // Every open has settled before anything is closed. An operator that opened later would stay open.
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
    for (const channel of this.#exchange.channels) channel.close()
    for (const { enumerator } of this.#sources) enumerator.close()
    for (const subtask of this.subtasks) subtask.abort(error).catch(() => undefined)
  }

  /** Ends the sources. The attempt finishes when all their records are processed. */
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

  /** Creates the operator trees first, because a subtask reads the channels that the trees of other chains write to. */
  #build(): Subtask[] {
    const readersOf = new Map<Chain, readonly SourceReader[]>()
    const trees = this.#plan.chains.map(chain =>
      Array.from({ length: chain.parallelism }, (_, subtask) =>
        this.#tree(chain.head, chain, subtask, () => readersOf.get(chain)?.[subtask]),
      ),
    )
    return this.#plan.chains.flatMap((chain, c) => {
      const source = this.#operators.source(chain.head)
      const readers = source === null ? null : this.#readersOf(source, chain)
      if (readers !== null) readersOf.set(chain, readers)
      return trees[c]!.map((tree, subtask) => {
        const input: SubtaskInput =
          readers === null
            ? { type: 'channels', gate: new InputGate(this.#exchange.inputsOf(chain, subtask)) }
            : { type: 'source', reader: readers[subtask]! }
        return new Subtask(chain, subtask, tree, input, this.#clock)
      })
    })
  }

  #readersOf<Split, Event>(source: Source<Split, Event>, chain: Chain): SourceReader<Split>[] {
    const fail = (error: unknown): void => this.fail(error)
    const { warn } = this.#operators
    const enumerator = source.createEnumerator({
      parallelism: chain.parallelism,
      addSplits: (subtask, splits) => readers[subtask]!.addSplits(splits),
      noMoreSplits: () => readers.forEach(r => r.noMoreSplits()),
      fail,
      warn,
    })
    this.#sources.push({ node: chain.head, enumerator })
    const readers = Array.from({ length: chain.parallelism }, (_, subtask) =>
      source.createReader({
        subtask,
        sendEvent: event => enumerator.handleSourceEvent(subtask, event),
        fail,
        warn,
      }),
    )
    return readers
  }

  #tree(node: ChainNode, chain: Chain, subtask: number, reader: () => SourceReader | undefined): OperatorTree {
    const children = node.chained.map(({ tag, node: child }) => ({
      tag,
      tree: this.#tree(child, chain, subtask, reader),
    }))
    const from = { subtask, parallelism: chain.parallelism }
    const writers = node.edges.map(edge => ({
      tag: edge.tag,
      writer: this.#exchange.writer(edge, from, this.#operators.partitionFunction(edge)),
    }))
    const operator = this.#operators.create(node, this.#context(node, chain, subtask, reader))
    return new OperatorTree(node, operator, children, writers)
  }

  #context(node: ChainNode, chain: Chain, subtask: number, reader: () => SourceReader | undefined): OperatorContext {
    return {
      subtask,
      parallelism: chain.parallelism,
      maxParallelism: chain.maxParallelism,
      taskName: chain.name,
      attempt: this.#attempt,
      restored: (this.#restored.get(node.operatorId)?.subtasks ?? []).filter(s => s !== null),
      fail: error => this.fail(error),
      warn: this.#operators.warn,
      activeSplits: () => reader()?.activeSplits ?? [],
      pauseOrResumeSplits: (pause, resume) => reader()?.pauseOrResumeSplits(pause, resume),
      alignmentGroup: name => this.#alignmentGroup(name),
    }
  }

  #alignmentGroup(name: string): AlignmentGroup {
    const group = this.#alignmentGroups.get(name) ?? new AlignmentGroup()
    this.#alignmentGroups.set(name, group)
    return group
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
