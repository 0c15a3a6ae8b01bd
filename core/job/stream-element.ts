/** What flows between subtasks, in order. */
import type { RecordBatch } from '../record-batch/record-batch.ts'

export type StreamElement =
  | { readonly type: 'batch'; readonly batch: RecordBatch }
  /** No element with an earlier event time follows. Epoch milliseconds. */
  | { readonly type: 'watermark'; readonly timestampMs: number }
  /** Everything before it belongs to the checkpoint, nothing after it. */
  | { readonly type: 'barrier'; readonly checkpointId: number }
  | { readonly type: 'end' }
