/** How a stream gets its watermarks. */
export interface WatermarkSettings {
  readonly type: 'none' | 'monotonous' | 'bounded-out-of-orderness'
  readonly maxOutOfOrdernessMs: number | null
  /** After this long without a record a split no longer holds event time back; null: it does for ever. */
  readonly idlenessMs: number | null
}

export interface AlignmentSettings {
  readonly group: string
  readonly maxDriftMs: number
  readonly updateIntervalMs: number
}
