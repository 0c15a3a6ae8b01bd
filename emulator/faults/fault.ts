// The faults a test can script. All of them are things the real service, or the network before it, does.

/** Why a scripted fault refuses one record of a PutRecords request; undefined lets it through. */
export type RecordRejection = (
  index: number,
  partitionKey: string,
  shardId: string,
) => { readonly code: string; readonly message: string } | undefined

export type Fault =
  /** ProvisionedThroughputExceededException for the whole request. */
  | { readonly kind: 'throttle'; readonly message?: string }
  /** Any error; default InternalFailure with status 500. */
  | { readonly kind: 'error'; readonly name?: string; readonly status?: number; readonly message?: string }
  /** The connection breaks: before the work is done, or after it so that only the response is lost. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The work is done `delayMs` milliseconds late, by the emulator's clock. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** PutRecords refuses some records: those at `indices`, or those that `where` picks; default all. */
  | {
      readonly kind: 'partial'
      readonly indices?: readonly number[]
      readonly where?: (index: number, partitionKey: string) => boolean
      /** `ProvisionedThroughputExceededException` (default) or `InternalFailure`. */
      readonly code?: string
      readonly message?: string
    }
  /** ExpiredIteratorException, however young the iterator. */
  | { readonly kind: 'expired-iterator' }
  /**
   * SubscribeToShard succeeds, and after `afterEvents` events (default 0) says nothing more, loses its connection, or ends
   * long before its time.
   */
  | { readonly kind: 'silence' | 'cut' | 'early-end'; readonly afterEvents?: number }
  /** SubscribeToShard succeeds, and after `afterEvents` events (default 0) ends with this one; default InternalFailureException. */
  | {
      readonly kind: 'event-error'
      readonly name?: string
      readonly message?: string
      readonly afterEvents?: number
    }

/** When a fault strikes. */
export interface FaultRule {
  /** Such as `GetRecords`; without it, every operation. */
  readonly operation?: string
  /** Only requests for this stream. */
  readonly stream?: string
  /** Only requests for this shard; of PutRecords, those with a record for it (and then only its records fail). */
  readonly shardId?: string
  /** How many matching requests it strikes, default 1; Infinity for all. */
  readonly times?: number
  /** How many matching requests it lets pass first, default 0. */
  readonly after?: number
  readonly fault: Fault
}
