/**
 * Functions that see more than a value: its time, timers, state by its key. What they return, or yield, is emitted with the
 * time of the record that they were given; what a timer of event time yields has the timer's time, of processing time none.
 */
import type { KeyedStateStore } from '../keyed-state/state.ts'

export interface RuntimeContext extends KeyedStateStore {
  getTaskName(): string
  getNumberOfParallelSubtasks(): number
  getMaxNumberOfParallelSubtasks(): number
  /** From 0. */
  getIndexOfThisSubtask(): number
  /** From 0; one more after each restart of the job. */
  getAttemptNumber(): number
}

/** Times are epoch milliseconds. Timers are for keyed streams only; a second one for the same key and time is the same timer. */
export interface TimerService {
  currentProcessingTime(): number
  /** -Infinity before the first watermark, Infinity after the last. */
  currentWatermark(): number
  registerEventTimeTimer(timestampMs: number): void
  registerProcessingTimeTimer(timestampMs: number): void
  deleteEventTimeTimer(timestampMs: number): void
  deleteProcessingTimeTimer(timestampMs: number): void
}

export interface ProcessContext {
  /** Of the record, or of the timer; null: it has none. */
  timestamp(): number | null
  timerService(): TimerService
}

export interface KeyedProcessContext<K> extends ProcessContext {
  /** As the canonical bytes of keys give it back: tuples as arrays, what has no fraction as a number. */
  getCurrentKey(): K
}

export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  timeDomain(): 'EVENT_TIME' | 'PROCESSING_TIME'
}

/** Something to emit, or nothing. */

export type Emitted<O> = Iterable<O> | void

abstract class AbstractProcessFunction {
  /** Before any value. State descriptors are used here. */
  open(_context: RuntimeContext): void {}

  /** At the end, also when the job fails. */
  close(): void {}
}

// What a function takes is a type of its own, as in Flink, although it stands once in the class.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters */
export abstract class ProcessFunction<I, O> extends AbstractProcessFunction {
  abstract processElement(value: I, context: ProcessContext): Emitted<O>
}

export abstract class KeyedProcessFunction<K, I, O> extends AbstractProcessFunction {
  abstract processElement(value: I, context: KeyedProcessContext<K>): Emitted<O>

  onTimer(_timestampMs: number, _context: OnTimerContext<K>): Emitted<O> {}
}
