/**
 * Functions that see more than a value: its timestamp, timers, and state for its key. The values that they return or yield are
 * emitted with the timestamp of the record that they got. Values from an event time timer have the timer's time; values from a
 * processing time timer have no timestamp.
 */
import type { KeyedStateStore } from '../keyed-state/state.ts'

export interface RuntimeContext extends KeyedStateStore {
  getTaskName(): string
  getNumberOfParallelSubtasks(): number
  getMaxNumberOfParallelSubtasks(): number
  /** From 0. */
  getIndexOfThisSubtask(): number
  /** From 0. It grows by one with each restart of the job. */
  getAttemptNumber(): number
}

/** Times are epoch milliseconds. Only keyed streams have timers. A second timer for the same key and time is the same timer. */
export interface TimerService {
  currentProcessingTime(): number
  /** -Infinity before the first watermark, Infinity after the last. */
  currentWatermark(): number
  registerEventTimeTimer(timestampMs: number): void
  registerProcessingTimeTimer(timestampMs: number): void
  deleteEventTimeTimer(timestampMs: number): void
  deleteProcessingTimeTimer(timestampMs: number): void
}

/** Names a side output. `T` is the type of its values. */
export class OutputTag<T> {
  readonly id: string
  /** Only for the type of the values; never set. */
  declare readonly type?: T

  constructor(id: string) {
    if (id === '') throw new TypeError('OutputTag: the id must not be empty')
    this.id = id
  }
}

export interface ProcessContext {
  /** The timestamp of the record or of the timer. `null` when there is none. */
  timestamp(): number | null
  timerService(): TimerService
  /** Emits a value to a side output, with the timestamp that an emitted value would have. */
  output<X>(tag: OutputTag<X>, value: X): void
}

export interface KeyedProcessContext<K> extends ProcessContext {
  /** The key, as its canonical bytes give it back: tuples as arrays, whole floats as numbers. */
  getCurrentKey(): K
}

export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  timeDomain(): 'EVENT_TIME' | 'PROCESSING_TIME'
}

/** Values to emit, or nothing. */
export type Emitted<O> = Iterable<O> | void

abstract class AbstractProcessFunction {
  /** Called before any value. State descriptors are used here. */
  open(_context: RuntimeContext): void {}

  /** Called at the end, also when the job fails. */
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

/** For two streams that are connected. Both methods share state and timers. */
export abstract class CoProcessFunction<I1, I2, O> extends AbstractProcessFunction {
  abstract processElement1(value: I1, context: ProcessContext): Emitted<O>
  abstract processElement2(value: I2, context: ProcessContext): Emitted<O>
}

/** For two streams that are connected and keyed by the same type of key. Both methods share state and timers of a key. */
export abstract class KeyedCoProcessFunction<K, I1, I2, O> extends AbstractProcessFunction {
  abstract processElement1(value: I1, context: KeyedProcessContext<K>): Emitted<O>
  abstract processElement2(value: I2, context: KeyedProcessContext<K>): Emitted<O>

  onTimer(_timestampMs: number, _context: OnTimerContext<K>): Emitted<O> {}
}
