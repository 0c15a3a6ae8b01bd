/**
 * Runs process functions of this process, on streams that are keyed or not, with one input or two. Timers fire in the order of
 * their times: those of event time when a watermark passes them, before it goes on; those of processing time when the clock does.
 */
import { decodeKey } from '../../../schemas/contracts/key-codec.ts'
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { StreamSignal } from '../../event-time/split-end.ts'
import { NO_TIMESTAMP } from '../../event-time/time-element.ts'
import type { Clock } from '../../foundation/clock.ts'
import { CheckpointError, asError, GraphError } from '../../foundation/errors.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { functionError } from '../functions/function-error.ts'
import { Alarm } from '../keyed-state/alarm.ts'
import { KeyedStateBackend } from '../keyed-state/keyed-state-backend.ts'
import { writeKeyedState } from '../keyed-state/keyed-state.ts'
import type { KeyedState } from '../keyed-state/keyed-state.ts'
import type { TimerQueue } from '../keyed-state/timer-queue.ts'
import type { Mailbox, Operator, Output } from '../operator.ts'
import { EmittedValues } from './emitted-values.ts'
import type { Emitted, OnTimerContext, RuntimeContext } from './process-function.ts'

/** The calls of a process function. */
export interface RunnableProcessFunction {
  open?(context: RuntimeContext): void
  /** By input: the function for its values. */
  readonly processElement: readonly ((value: unknown, context: OnTimerContext<unknown>) => Emitted<unknown>)[]
  onTimer?(timestampMs: number, context: OnTimerContext<unknown>): Emitted<unknown>
  close?(): void
}

export interface ProcessOptions {
  readonly operatorName: string
  readonly taskName: string
  readonly subtask: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly attempt: number
  readonly keyed: boolean
  readonly restored: KeyedState | null
}

type TimeDomain = 'EVENT_TIME' | 'PROCESSING_TIME'

/** Values of timers are emitted in batches of this size. */
const TIMER_BATCH = 1000

export class ProcessOperator implements Operator {
  readonly #function: RunnableProcessFunction
  readonly #options: ProcessOptions
  readonly #clock: Clock
  /** `null` when the stream is not keyed. */
  readonly #backend: KeyedStateBackend | null
  readonly #context: OnTimerContext<unknown>
  readonly #alarm: Alarm
  readonly #emitted = new EmittedValues()
  #output!: Output
  #mailbox!: Mailbox
  #watermarkMs = NO_TIMESTAMP
  #timestampMs = NO_TIMESTAMP
  #domain: TimeDomain = 'EVENT_TIME'
  #closed = false

  constructor(fn: RunnableProcessFunction, options: ProcessOptions, clock: Clock) {
    this.#function = fn
    this.#options = options
    this.#clock = clock
    this.#backend = options.keyed ? new KeyedStateBackend(options.operatorName) : null
    this.#alarm = new Alarm(clock, () => this.#mailbox.post(() => this.#fire('PROCESSING_TIME', this.#clock.now())))
    this.#context = this.#makeContext()
  }

  async open(output: Output, mailbox: Mailbox): Promise<void> {
    this.#output = output
    this.#mailbox = mailbox
    if (this.#options.restored !== null) this.#backend?.restore(this.#options.restored)
    try {
      this.#function.open?.(this.#runtimeContext())
    } catch (error) {
      throw this.#failure(error, null, null)
    }
    this.#setAlarm()
  }

  process(batch: RecordBatch, input = 0): Promise<void> | void {
    const { keys, timestamp, count } = batch
    const processElement = this.#function.processElement[input]!
    const emitted = this.#emitted
    for (let i = 0; i < count; i++) {
      this.#backend?.setKey(keys!.text(i), keys!.group![i]!)
      this.#timestampMs = timestamp?.[i] ?? NO_TIMESTAMP
      emitted.origin = i
      try {
        for (const value of processElement(batch.value(i), this.#context) ?? []) emitted.add(value)
      } catch (error) {
        throw this.#failure(error, batch, i)
      }
    }
    this.#setAlarm()
    return emitted.emitFrom(batch, this.#output)
  }

  async advance(signal: StreamSignal): Promise<void> {
    if (signal.type === 'watermark') {
      this.#watermarkMs = signal.timestampMs
      await this.#fire('EVENT_TIME', signal.timestampMs)
    }
    await this.#output.advance(signal)
  }

  async snapshot(): Promise<OperatorState | null> {
    return this.#backend === null ? null : writeKeyedState(this.#backend.snapshot())
  }

  async finish(): Promise<void> {
    this.#alarm.set(null)
  }

  async close(): Promise<void> {
    this.#alarm.set(null)
    if (this.#closed) return
    this.#closed = true
    this.#function.close?.()
  }

  /** Fires every timer that is due, also timers that are registered meanwhile. */
  async #fire(domain: TimeDomain, nowMs: number): Promise<void> {
    if (this.#backend === null || this.#closed) return
    const timers = domain === 'EVENT_TIME' ? this.#backend.eventTimers : this.#backend.processingTimers
    for (let more = true; more;) {
      more = this.#fireSome(domain, timers, nowMs)
      await this.#emitted.emitTimed(this.#output)
    }
    this.#setAlarm()
  }

  /** Returns whether more timers may be due. */
  #fireSome(domain: TimeDomain, timers: TimerQueue, nowMs: number): boolean {
    const emitted = this.#emitted
    for (let timer = timers.poll(nowMs); timer !== null; timer = timers.poll(nowMs)) {
      const { timestampMs, key, keyGroup } = timer
      this.#backend!.setKey(key, keyGroup)
      this.#timestampMs = timestampMs
      this.#domain = domain
      emitted.origin = domain === 'EVENT_TIME' ? timestampMs : NO_TIMESTAMP
      try {
        for (const value of this.#function.onTimer?.(timestampMs, this.#context) ?? []) emitted.add(value)
      } catch (error) {
        throw this.#failure(error, null, null)
      }
      if (emitted.count >= TIMER_BATCH) return true
    }
    return false
  }

  #setAlarm(): void {
    if (this.#backend !== null) this.#alarm.set(this.#backend.processingTimers.nextMs)
  }

  #makeContext(): OnTimerContext<unknown> {
    const change = (of: 'eventTimers' | 'processingTimers', what: 'register' | 'delete') => (timestampMs: number) => {
      const backend = this.#keyed('Timers can be set on a keyed stream only.')
      if (typeof timestampMs !== 'number' || Number.isNaN(timestampMs))
        throw new TypeError(`a timer's time is a number of epoch milliseconds, not ${String(timestampMs)}`)
      backend[of][what]({ timestampMs, key: backend.key, keyGroup: backend.keyGroup })
    }
    const timers = {
      currentProcessingTime: () => this.#clock.now(),
      currentWatermark: () => this.#watermarkMs,
      registerEventTimeTimer: change('eventTimers', 'register'),
      registerProcessingTimeTimer: change('processingTimers', 'register'),
      deleteEventTimeTimer: change('eventTimers', 'delete'),
      deleteProcessingTimeTimer: change('processingTimers', 'delete'),
    }
    return {
      timestamp: () => (this.#timestampMs === NO_TIMESTAMP ? null : this.#timestampMs),
      timerService: () => timers,
      timeDomain: () => this.#domain,
      output: (tag, value) => this.#emitted.addTo(tag.id, value),
      getCurrentKey: () => decodeKey(Buffer.from(this.#keyed('Only a keyed stream has a current key.').key, 'latin1')),
    }
  }

  #runtimeContext(): RuntimeContext {
    const { taskName, subtask, parallelism, maxParallelism, attempt } = this.#options
    const state = (): KeyedStateBackend =>
      this.#keyed('This state is only accessible by functions executed on a KeyedStream.')
    return {
      getTaskName: () => taskName,
      getNumberOfParallelSubtasks: () => parallelism,
      getMaxNumberOfParallelSubtasks: () => maxParallelism,
      getIndexOfThisSubtask: () => subtask,
      getAttemptNumber: () => attempt,
      getState: d => state().getState(d),
      getListState: d => state().getListState(d),
      getMapState: d => state().getMapState(d),
      getReducingState: d => state().getReducingState(d),
      getAggregatingState: d => state().getAggregatingState(d),
    }
  }

  #keyed(why: string): KeyedStateBackend {
    if (this.#backend === null) throw new GraphError(why)
    return this.#backend
  }

  #failure(error: unknown, batch: RecordBatch | null, index: number | null): Error {
    if (error instanceof CheckpointError) return error // a state that does not fit the checkpoint: the message names it
    const { name, message, stack } = asError(error)
    const { operatorName } = this.#options
    return functionError({ operatorName, errorType: name, message, traceback: stack ?? null, index }, batch, error)
  }
}
