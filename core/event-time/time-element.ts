/** Tells an operator the progress of event time. Elements are sent between the batches, in order. */
export type TimeElement =
  /** No record with an earlier event time follows. Epoch milliseconds. */
  | { readonly type: 'watermark'; readonly timestampMs: number }
  /** Whether the stream is idle. An idle stream has no watermarks and does not hold other streams back. */
  | { readonly type: 'status'; readonly idle: boolean }

/** Flink's `Long.MIN_VALUE`: a watermark before the first one, and the timestamp of a record that has none. */
export const NO_TIMESTAMP = -Infinity

/** Flink's `Long.MAX_VALUE`: the watermark at the end of input. */
export const MAX_WATERMARK = Infinity
