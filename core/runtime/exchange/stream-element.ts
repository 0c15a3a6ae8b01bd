/** What flows between subtasks, in order. */
import type { StreamSignal } from '../../event-time/split-end.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'

export type StreamElement =
  | { readonly type: 'batch'; readonly batch: RecordBatch }
  | StreamSignal
  /** Everything before it belongs to the checkpoint, nothing after it. */
  | { readonly type: 'barrier'; readonly checkpointId: number }
  | { readonly type: 'end' }
