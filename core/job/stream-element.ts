/** What flows between subtasks, in order. */
import type { TimeElement } from '../event-time/time-element.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'

export type StreamElement =
  | { readonly type: 'batch'; readonly batch: RecordBatch }
  | TimeElement
  /** Everything before it belongs to the checkpoint, nothing after it. */
  | { readonly type: 'barrier'; readonly checkpointId: number }
  | { readonly type: 'end' }
