/**
 * The operators of one subtask: a tree, because an operator's output may go to several operators and to other chains.
 * Barriers and the end of input go through it from the head down: an operator has emitted all it owes before its children
 * take their snapshots. What an operator emits and says of event time leaves it in the order in which it was said, whoever
 * said it and however long what follows takes.
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { NO_TIMESTAMP } from '../../event-time/time-element.ts'
import type { SplitEnd, StreamSignal } from '../../event-time/split-end.ts'
import type { Mailbox, Operator, Output } from '../../operators/operator.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { ChainNode } from '../plan/job-plan.ts'
import type { RecordWriter } from '../exchange/record-writer.ts'

export class OperatorTree {
  readonly node: ChainNode
  /** null: the head of a source chain, whose reader is driven by the subtask. */
  readonly operator: Operator | null
  readonly children: readonly OperatorTree[]
  readonly writers: readonly RecordWriter[]
  readonly output: Output
  recordsIn = 0
  recordsOut = 0
  /** The last one that left. */
  watermarkMs = NO_TIMESTAMP
  /** What leaves now; null: nothing is waited for. */
  #leaving: Promise<void> | null = null

  constructor(
    node: ChainNode,
    operator: Operator | null,
    children: readonly OperatorTree[],
    writers: readonly RecordWriter[],
  ) {
    this.node = node
    this.operator = operator
    this.children = children
    this.writers = writers
    this.output = {
      emit: batch => this.emit(batch),
      advance: signal => this.#inOrder(() => this.#advanceAll(signal)),
    }
  }

  /** Children first: an operator may emit as soon as it is open. */
  async open(mailbox: Mailbox): Promise<void> {
    await Promise.all(this.children.map(child => child.open(mailbox)))
    await this.operator?.open(this.output, mailbox)
  }

  receive(batch: RecordBatch, splitId?: string): Promise<void> | void {
    this.recordsIn += batch.count
    return this.operator!.process(batch, splitId)
  }

  advance(signal: StreamSignal): Promise<void> | void {
    return this.operator!.advance(signal)
  }

  /** `splitId`: from the source alone. */
  emit(batch: RecordBatch, splitId?: string): Promise<void> | void {
    this.recordsOut += batch.count
    if (this.#leaving !== null) return this.#inOrder(() => this.#emitNow(batch, splitId))
    const emitted = this.#emitNow(batch, splitId)
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

  #emitNow(batch: RecordBatch, splitId: string | undefined): Promise<void> | void {
    if (this.children.length === 1 && this.writers.length === 0) return this.children[0]!.receive(batch, splitId)
    if (this.children.length === 0 && this.writers.length === 0) return undefined
    return this.#emitToAll(batch, splitId)
  }

  async #emitToAll(batch: RecordBatch, splitId: string | undefined): Promise<void> {
    for (const child of this.children) await child.receive(batch, splitId)
    for (const writer of this.writers) await writer.write(batch)
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
