/**
 * The operators of one subtask: a tree, because an operator's output may go to several operators and to other chains.
 * Barriers and the end of input go through it from the head down: an operator has emitted all it owes before its children
 * take their snapshots.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { Operator } from '../operators/operator.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { ChainNode } from './job-plan.ts'
import type { RecordWriter } from './record-writer.ts'
import type { StreamElement } from './stream-element.ts'

export class OperatorTree {
  readonly node: ChainNode
  /** null: the head of a source chain, whose reader is driven by the subtask. */
  readonly operator: Operator | null
  readonly children: readonly OperatorTree[]
  readonly writers: readonly RecordWriter[]
  recordsIn = 0
  recordsOut = 0

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
  }

  /** Children first: an operator may emit as soon as it is open. */
  async open(): Promise<void> {
    await Promise.all(this.children.map(child => child.open()))
    await this.operator?.open(batch => this.emit(batch))
  }

  receive(batch: RecordBatch): Promise<void> | void {
    this.recordsIn += batch.count
    return this.operator!.process(batch)
  }

  emit(batch: RecordBatch): Promise<void> | void {
    this.recordsOut += batch.count
    if (this.children.length === 1 && this.writers.length === 0) return this.children[0]!.receive(batch)
    if (this.children.length === 0 && this.writers.length === 0) return undefined
    return this.#emitToAll(batch)
  }

  async broadcast(element: StreamElement): Promise<void> {
    for (const writer of this.writers) await writer.broadcast(element)
    for (const child of this.children) await child.broadcast(element)
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

  async #emitToAll(batch: RecordBatch): Promise<void> {
    for (const child of this.children) await child.receive(batch)
    for (const writer of this.writers) await writer.write(batch)
  }
}
