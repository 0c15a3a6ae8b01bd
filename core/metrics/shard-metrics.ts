/** What a source reader counts for each shard. */
/** What was left out of one shard since the job started in this process. */
export interface ShardLosses {
  /** User records of aggregates that hold a record of another shard. */
  readonly droppedUserRecords: number
  /** Records that cannot be read, left out by `shardline.source.poison-records: skip`. */
  readonly skippedRecords: number
  /** Records that cannot be read, given to the dead letters. */
  readonly deadLetters: number
  /** How often the position had passed the retention, so that reading went on at the oldest record. */
  readonly expiredPositions: number
}

export const NO_LOSSES: ShardLosses = { droppedUserRecords: 0, skippedRecords: 0, deadLetters: 0, expiredPositions: 0 }

export interface ShardMetrics extends ShardLosses {
  readonly stream: string
  readonly streamArn: string
  readonly shardId: string
  readonly sequenceNumber: string | null
  /** -1 while it is not known. */
  readonly millisBehindLatest: number
  readonly records: number
  readonly bytes: number
  readonly finished: boolean
  /** What its reader is doing. */
  readonly activity: string
  /** Why the last call failed, while it is retried. `null` when it succeeded. */
  readonly trouble: string | null
  /** When the service last gave a usable answer for this shard; before the first, when reading began. Epoch milliseconds. */
  readonly lastAnswerAtMs: number
  /** Milliseconds between the last two GetRecords calls. `null` before the second call, and for enhanced fan-out. */
  readonly fetchIntervalMs: number | null
  readonly throttles: number
}
