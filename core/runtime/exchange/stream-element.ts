/** The elements that are sent between subtasks, in order. */
import type { StreamSignal } from '../../event-time/split-end.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'

export type StreamElement =
  | { readonly type: 'batch'; readonly batch: RecordBatch }
  | StreamSignal
  /** The elements before the barrier belong to the checkpoint, and those after it do not. */
  | { readonly type: 'barrier'; readonly checkpointId: number }
  | { readonly type: 'end' }
