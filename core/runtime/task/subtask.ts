/**
 * One parallel instance of a chain: a loop that handles one thing at a time, a batch, a barrier, event time, or a mail that an
 * operator posted. It ends when its input ends, when it fails, or by `abort`.
 */
import type { CheckpointedSubtask } from '../../checkpoint/checkpoint-gathering.ts'
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { Clock } from '../../foundation/clock.ts'
import { SplitEnd } from '../../event-time/split-end.ts'
import { MAX_WATERMARK } from '../../event-time/time-element.ts'
import type { Mailbox } from '../../operators/operator.ts'
import type { PolledBatch, SourceReader } from '../../operators/source.ts'
import type { InputGate } from '../exchange/input-gate.ts'
import type { Chain } from '../plan/job-plan.ts'
import type { OperatorTree } from './operator-tree.ts'
import type { StreamElement } from '../exchange/stream-element.ts'
import { WorkBudget } from './work-budget.ts'
import { Signal } from '../../foundation/signal.ts'

type Mail = Parameters<Mailbox['post']>[0]
type States = ReadonlyMap<string, OperatorState | null>

interface PendingCheckpoint {
  readonly resolve: (states: States) => void
  readonly reject: (error: unknown) => void
}

export type SubtaskInput =
  { readonly type: 'source'; readonly reader: SourceReader } | { readonly type: 'channels'; readonly gate: InputGate }

/** A loop that never waits yields to timers and sockets at this interval. */
const YIELD_AFTER_MS = 20

export class Subtask implements CheckpointedSubtask, Mailbox {
  readonly chain: Chain
  readonly subtask: number
  readonly tree: OperatorTree
  readonly #input: SubtaskInput
  readonly #clock: Clock
  readonly #barriers: number[] = []
  readonly #mails: Mail[] = []
  readonly #pending = new Map<number, PendingCheckpoint>()
  #finalStates: States | null = null
  readonly #woken = new Signal()
  #aborted: unknown = null
  /** The input was ended early, so event time does not advance to its end. */
  #stopped = false
  #yieldedAt = 0

  constructor(chain: Chain, subtask: number, tree: OperatorTree, input: SubtaskInput, clock: Clock) {
    this.chain = chain
    this.subtask = subtask
    this.tree = tree
    this.#input = input
    this.#clock = clock
  }

  get reader(): SourceReader | null {
    return this.#input.type === 'source' ? this.#input.reader : null
  }

  get nameWithSubtask(): string {
    return `${this.chain.name} (${this.subtask + 1}/${this.chain.parallelism})`
  }

  open(): Promise<void> {
    return this.tree.open(this)
  }

  post(mail: Mail): void {
    this.#mails.push(mail)
    this.#woken.notify()
  }

  async run(): Promise<void> {
    try {
      this.#yieldedAt = this.#clock.monotonic()
      if (this.#input.type === 'source') await this.#runSource(this.#input.reader)
      else await this.#runChannels(this.#input.gate)
      if (this.#aborted !== null) throw this.#aborted as Error
      await this.tree.finish()
      this.#finalStates = await this.#takeStates(Number.MAX_SAFE_INTEGER, false)
      for (const { resolve } of this.#pending.values()) resolve(this.#finalStates)
      this.#pending.clear()
    } catch (error) {
      for (const { reject } of this.#pending.values()) reject(error)
      this.#pending.clear()
      throw error
    }
  }

  async checkpoint(checkpointId: number): Promise<States> {
    if (this.#finalStates !== null) return this.#finalStates
    if (this.#aborted !== null) throw this.#aborted
    return new Promise((resolve, reject) => {
      this.#pending.set(checkpointId, { resolve, reject })
      if (this.#input.type === 'source') {
        this.#barriers.push(checkpointId)
        this.#woken.notify()
      }
    })
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.reader?.notifyCheckpointComplete(checkpointId)
  }

  /** Ends the input early. Records that were read are still processed. */
  stop(): void {
    this.#stopped = true
    this.reader?.stop()
    this.#woken.notify()
  }

  /** Ends the subtask at once. Pending promises reject with `reason`. */
  async abort(reason: unknown): Promise<void> {
    this.#aborted ??= reason
    if (this.#input.type === 'source') this.#input.reader.close()
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
    this.#woken.notify()
    await this.tree.close()
  }

  async #runSource(reader: SourceReader): Promise<void> {
    const budget = new WorkBudget()
    while (this.#aborted === null) {
      const barrier = this.#barriers.shift()
      if (barrier !== undefined) await this.#barrier(barrier)
      else if (this.#mails.length > 0) await this.#readMail()
      else {
        const polled = reader.poll(budget.maxRecords)
        if (polled instanceof SplitEnd) await this.tree.output.advance(polled)
        else if (polled !== null) {
          const from = this.#clock.monotonic()
          await this.#emit(reader, polled)
          budget.worked(polled.batch.count, this.#clock.monotonic() - from)
          await this.#maybeYield()
        } else if (reader.finished) {
          if (!this.#stopped) await this.tree.output.advance({ type: 'watermark', timestampMs: MAX_WATERMARK })
          return
        } else await this.#waitFor(reader.available())
      }
    }
  }

  async #emit({ emitter }: SourceReader, { batch: polled, splitId }: PolledBatch): Promise<void> {
    const values = emitter === null ? polled : emitter.emit(polled)
    const batch = values instanceof Promise ? await values : values
    if (batch.count > 0) await this.tree.emit(batch, splitId)
  }

  async #runChannels(gate: InputGate): Promise<void> {
    while (this.#aborted === null) {
      if (this.#mails.length > 0) {
        await this.#readMail()
        continue
      }
      const element = gate.poll()
      if (element === null) await this.#waitFor(gate.available())
      else if (element.type === 'end') return
      else await this.#handle(element, gate.batchInput)
    }
  }

  #handle(element: Exclude<StreamElement, { type: 'end' }>, input: number): Promise<void> | void {
    switch (element.type) {
      case 'batch': {
        const taken = this.tree.receive(element.batch, input)
        return taken === undefined ? this.#maybeYield() : taken.then(() => this.#maybeYield())
      }
      case 'barrier':
        return this.#barrier(element.checkpointId)
      case 'watermark':
      case 'status':
      case 'split-end':
        return this.tree.advance(element)
    }
  }

  async #readMail(): Promise<void> {
    await this.#mails.shift()!()
  }

  async #barrier(checkpointId: number): Promise<void> {
    const states = await this.#takeStates(checkpointId, true)
    this.#pending.get(checkpointId)?.resolve(states)
    this.#pending.delete(checkpointId)
  }

  async #takeStates(checkpointId: number, sendBarrier: boolean): Promise<States> {
    const states = new Map<string, OperatorState | null>()
    if (this.#input.type === 'source') states.set(this.tree.node.operatorId, this.#input.reader.snapshot(checkpointId))
    if (sendBarrier) await this.tree.barrier(checkpointId, states)
    else
      for (const { operator, node } of this.tree.all())
        if (operator !== null) states.set(node.operatorId, await operator.snapshot(checkpointId))
    return states
  }

  /** Waits until there is input, a mail or a barrier. */
  async #waitFor(input: Promise<void>): Promise<void> {
    await Promise.race([input, this.#woken.waitAnew()])
  }

  async #maybeYield(): Promise<void> {
    const now = this.#clock.monotonic()
    if (now - this.#yieldedAt < YIELD_AFTER_MS) return
    await new Promise(resolve => setImmediate(resolve))
    this.#yieldedAt = this.#clock.monotonic()
  }
}
