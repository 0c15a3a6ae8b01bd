/** Where functions of other languages run, as the job sees it. `bindings/functions` implements it over a channel. */
import type { FunctionOperation } from '../job-graph/job-graph.ts'
import type { PayloadType } from '../record-batch/payload-type.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'

export interface RemoteOperator {
  readonly id: number
  readonly uid: string | null
  readonly name: string
  readonly operation: FunctionOperation
  readonly pickle: string
  readonly input: PayloadType
  readonly output: PayloadType
}

export interface OpenFunction {
  readonly jobName: string
  readonly taskName: string
  readonly subtask: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly attempt: number
  readonly mode: 'thread' | 'process' | 'driver'
  readonly operators: readonly RemoteOperator[]
}

export interface FunctionRuntime {
  open(request: OpenFunction): Promise<RemoteFunction>
}

export interface RemoteFunction {
  /** Results come in the order of the calls. @throws FunctionError */
  process(bundle: RecordBatch): Promise<RecordBatch>
  close(): Promise<void>
}
