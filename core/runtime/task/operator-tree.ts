/**
 * The operators of one subtask: a tree, because an operator's outputs may go to several operators and to other chains.
 * Barriers and the end of input go through it from the head down: an operator has emitted everything before its children take
 * their snapshots. Batches and watermarks leave an operator in the order in which it emitted them, however long the operators
 * behind it take. Batches of a side output go to the operators and chains that take it; everything else goes to all of them.
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { NO_TIMESTAMP } from '../../event-time/time-element.ts'
import type { SplitEnd, StreamSignal } from '../../event-time/split-end.ts'
import type { Mailbox, Operator, Output } from '../../operators/operator.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { ChainNode } from '../plan/job-plan.ts'
import type { RecordWriter } from '../exchange/record-writer.ts'

/** An operator of the same chain, and the output that it takes. `null` is the main output. */
export interface TaggedChild {
  readonly tag: string | null
  readonly tree: OperatorTree
}

/** An edge to another chain, and the output that it takes. `null` is the main output. */
export interface TaggedWriter {
  readonly tag: string | null
  readonly writer: RecordWriter
}

/** Where the batches of one output go. */
interface Takers {
  readonly children: OperatorTree[]
  readonly writers: RecordWriter[]
}

export class OperatorTree {
  readonly node: ChainNode
  /** `null` for the head of a source chain, whose reader is driven by the subtask. */
  readonly operator: Operator | null
  readonly children: readonly OperatorTree[]
  readonly writers: readonly RecordWriter[]
  readonly #main: Takers = { children: [], writers: [] }
  readonly #sides = new Map<string, Takers>()
  readonly output: Output
  recordsIn = 0
  recordsOut = 0
  /** The last watermark that left. */
  watermarkMs = NO_TIMESTAMP
  /** Settles when the last output is emitted. `null` when no output is pending. */
  #leaving: Promise<void> | null = null

  constructor(
    node: ChainNode,
    operator: Operator | null,
    children: readonly TaggedChild[],
    writers: readonly TaggedWriter[],
  ) {
    this.node = node
    this.operator = operator
    this.children = children.map(c => c.tree)
    this.writers = writers.map(w => w.writer)
    for (const { tag, tree } of children) this.#takersOf(tag).children.push(tree)
    for (const { tag, writer } of writers) this.#takersOf(tag).writers.push(writer)
    this.output = {
      emit: (batch, tag) => this.emit(batch, undefined, tag),
      advance: signal => this.#inOrder(() => this.#advanceAll(signal)),
    }
  }

  /** Children first: an operator may emit as soon as it is open. */
  async open(mailbox: Mailbox): Promise<void> {
    await Promise.all(this.children.map(child => child.open(mailbox)))
    await this.operator?.open(this.output, mailbox)
  }

  receive(batch: RecordBatch, input: number, splitId?: string): Promise<void> | void {
    this.recordsIn += batch.count
    return this.operator!.process(batch, input, splitId)
  }

  advance(signal: StreamSignal): Promise<void> | void {
    return this.operator!.advance(signal)
  }

  /** `splitId`: the split that the batch comes from, for sources alone. `tag`: the side output that it goes to. */
  emit(batch: RecordBatch, splitId?: string, tag?: string): Promise<void> | void {
    this.recordsOut += batch.count
    const takers = tag === undefined ? this.#main : this.#sides.get(tag)
    if (takers === undefined) return undefined
    if (this.#leaving !== null) return this.#inOrder(() => emitTo(takers, batch, splitId))
    const emitted = emitTo(takers, batch, splitId)
    return emitted === undefined ? undefined : this.#track(emitted)
  }

  /** Snapshots every operator below and sends the barrier on. `states` gets them by operator id. */
  async barrier(checkpointId: number, states: Map<string, OperatorState | null>): Promise<void> {
    if (this.operator !== null) states.set(this.node.operatorId, await this.operator.snapshot(checkpointId))
    for (const writer of this.writers) await writer.broadcast({ type: 'barrier', checkpointId })
    for (const child of this.children) await child.barrier(checkpointId, states)
  }

  async finish(): Promise<void> {
    await this.operator?.finish()
    for (const writer of this.writers) await writer.broadcast({ type: 'end' })
    for (const child of this.children) await child.finish()
  }

  async close(): Promise<void> {
    await this.operator?.close()
    await Promise.all(this.children.map(child => child.close()))
  }

  *all(): Iterable<OperatorTree> {
    yield this
    for (const child of this.children) yield* child.all()
  }

  #takersOf(tag: string | null): Takers {
    if (tag === null) return this.#main
    let takers = this.#sides.get(tag)
    if (takers === undefined) this.#sides.set(tag, (takers = { children: [], writers: [] }))
    return takers
  }

  async #advanceAll(signal: StreamSignal): Promise<void> {
    if (signal.type === 'watermark') this.watermarkMs = signal.timestampMs
    if (signal.type === 'split-end') this.#fork(signal)
    for (const child of this.children) await child.advance(signal)
    for (const writer of this.writers) await writer.broadcast(signal)
  }

  #fork(end: SplitEnd): void {
    end.fork(this.children.length + this.writers.reduce((sum, writer) => sum + writer.channelCount, 0))
  }

  #inOrder(action: () => Promise<void> | void): Promise<void> {
    return this.#track(this.#leaving === null ? Promise.resolve(action()) : this.#leaving.then(action))
  }

  #track(leaving: Promise<void>): Promise<void> {
    const tail = leaving.finally(() => {
      if (this.#leaving === tail) this.#leaving = null
    })
    this.#leaving = tail
    return tail
  }
}

function emitTo({ children, writers }: Takers, batch: RecordBatch, splitId: string | undefined): Promise<void> | void {
  if (children.length === 1 && writers.length === 0) return children[0]!.receive(batch, 0, splitId)
  if (children.length === 0 && writers.length === 0) return undefined
  return emitToAll(children, writers, batch, splitId)
}

async function emitToAll(
  children: readonly OperatorTree[],
  writers: readonly RecordWriter[],
  batch: RecordBatch,
  splitId: string | undefined,
): Promise<void> {
  for (const child of children) await child.receive(batch, 0, splitId)
  for (const writer of writers) await writer.write(batch)
}
