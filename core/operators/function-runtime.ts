/** Runs functions of other languages. `bindings/functions` implements this interface over a channel. */
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { KeyedState } from './keyed-state/keyed-state.ts'

export interface RemoteOperator {
  readonly id: number
  readonly uid: string | null
  readonly name: string
  /** The name under which the other side has registered the operator. */
  readonly operation: string
  readonly pickle: string
  readonly input: PayloadType
  readonly output: PayloadType
  /** An exception of the function means that the record cannot be read. It is returned as `poisoned` and fails nothing. */
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
  /** Functions of the chain need timestamps, and process functions also watermarks. */
  readonly timestamps: boolean
  readonly watermarks: boolean
  /** The state that the function starts with. `null` when it starts without state. */
  readonly restored: KeyedState | null
  readonly operators: readonly RemoteOperator[]
}

export interface FunctionRuntime {
  open(request: OpenFunction): Promise<RemoteFunction>
}

/** Calls are executed and answered in order. */
export interface RemoteFunction {
  /** When the first restored processing time timer is due. `null` when there is none. */
  readonly nextTimerMs: number | null
  /**
   * With `leavesOut`, values that the other language cannot represent, such as a date in the year 10000, are omitted and listed in
   * the result's `poisoned`. Otherwise they fail the bundle.
   *
   * @throws FunctionError
   */
  process(bundle: RecordBatch, leavesOut?: boolean): Promise<FunctionResult>
  /** Fires event time timers. @throws FunctionError */
  advanceWatermark(timestampMs: number): Promise<FunctionResult>
  /** Fires processing time timers. @throws FunctionError */
  advanceProcessingTime(nowMs: number): Promise<FunctionResult>
  /** The state after all calls before this one. */
  snapshot(checkpointId: number): Promise<KeyedState>
  close(): Promise<void>
}

export interface FunctionResult {
  readonly batch: RecordBatch
  /** The greatest assigned timestamp, including those of dropped values. `null` when the chain assigns no timestamps. */
  readonly maxTimestampMs: number | null
  /** When the next processing time timer is due, in epoch milliseconds. `null` when there is none. */
  readonly nextTimerMs: number | null
  /** The inputs that the function could not deserialize, and those that were omitted. `null` when there are none. */
  readonly poisoned: readonly PoisonedInput[] | null
}

export interface PoisonedInput {
  /** The index in the bundle. */
  readonly i: number
  readonly message: string
}
