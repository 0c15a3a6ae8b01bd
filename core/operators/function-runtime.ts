/** Where functions of other languages run, as the job sees it. `bindings/functions` implements it over a channel. */
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { KeyedState } from './keyed-state/keyed-state.ts'

export interface RemoteOperator {
  readonly id: number
  readonly uid: string | null
  readonly name: string
  /** The operator on the other side, by the name under which it is registered there. */
  readonly operation: string
  readonly pickle: string
  readonly input: PayloadType
  readonly output: PayloadType
  /** What it raises is a fault of the record: told as `poisoned`, and no failure. */
  readonly deserializes: boolean
}

export interface OpenFunction {
  readonly jobName: string
  readonly taskName: string
  readonly subtask: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly attempt: number
  readonly mode: 'thread' | 'process' | 'driver'
  /** The first function has state and timers by key; its bundles carry keys. */
  readonly keyed: boolean
  /** Functions of the chain ask for timestamps, and for watermarks if they are process functions. */
  readonly timestamps: boolean
  readonly watermarks: boolean
  /** What the function starts from; null: nothing. */
  readonly restored: KeyedState | null
  readonly operators: readonly RemoteOperator[]
}

export interface FunctionRuntime {
  open(request: OpenFunction): Promise<RemoteFunction>
}

/** Calls are carried out, and answered, in their order. */
export interface RemoteFunction {
  /** When the first timer of processing time is due that was restored; null: none. */
  readonly nextTimerMs: number | null
  /**
   * `leavesOut`: values that the other language has nothing for, such as a date of the year 10000, are left out and named among the
   * result's `poisoned`. Otherwise they fail the bundle.
   *
   * @throws FunctionError
   */
  process(bundle: RecordBatch, leavesOut?: boolean): Promise<FunctionResult>
  /** Fires timers of event time. @throws FunctionError */
  advanceWatermark(timestampMs: number): Promise<FunctionResult>
  /** Fires timers of processing time. @throws FunctionError */
  advanceProcessingTime(nowMs: number): Promise<FunctionResult>
  /** The state after all calls before this one. */
  snapshot(checkpointId: number): Promise<KeyedState>
  close(): Promise<void>
}

export interface FunctionResult {
  readonly batch: RecordBatch
  /** The greatest timestamp that was assigned, of dropped values too; null: the chain assigns none. */
  readonly maxTimestampMs: number | null
  /** When the next timer of processing time is due, epoch milliseconds; null: there is none. */
  readonly nextTimerMs: number | null
  /** Inputs of which a function that deserializes could make nothing, and those that were left out, or null. */
  readonly poisoned: readonly PoisonedInput[] | null
}

export interface PoisonedInput {
  /** In the bundle. */
  readonly i: number
  readonly message: string
}
