// The faults that a test can script. The service, or the network between it and a client, causes each of them too.

/**
 * Returns the error with which a scripted fault refuses one record of a PutRecords request, or undefined when it does not.
 */
export type RecordRejection = (
  index: number,
  partitionKey: string,
  shardId: string,
) => { readonly code: string; readonly message: string } | undefined

export type Fault =
  /** The whole request fails with ProvisionedThroughputExceededException. */
  | { readonly kind: 'throttle'; readonly message?: string }
  /** The request fails with the error `name`. The default is InternalFailure with status 500. */
  | { readonly kind: 'error'; readonly name?: string; readonly status?: number; readonly message?: string }
  /** The connection breaks. With `before` the request has no effect; with `after` only the response is lost. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The request is processed `delayMs` milliseconds later, by the emulator's clock. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** PutRecords refuses the records at `indices` for which `where` returns true. Without both it refuses every record. */
  | {
      readonly kind: 'partial'
      readonly indices?: readonly number[]
      readonly where?: (index: number, partitionKey: string) => boolean
      /** `ProvisionedThroughputExceededException`, which is the default, or `InternalFailure`. */
      readonly code?: string
      readonly message?: string
    }
  /** GetRecords fails with ExpiredIteratorException, whatever the age of the iterator. */
  | { readonly kind: 'expired-iterator' }
  /**
   * SubscribeToShard succeeds. After `afterEvents` events, by default 0, the subscription sends nothing more (`silence`),
   * its connection breaks (`cut`), or it ends early (`early-end`).
   */
  | { readonly kind: 'silence' | 'cut' | 'early-end'; readonly afterEvents?: number }
  /**
   * SubscribeToShard succeeds. After `afterEvents` events, by default 0, the subscription ends with the exception `name`,
   * by default InternalFailureException.
   */
  | {
      readonly kind: 'event-error'
      readonly name?: string
      readonly message?: string
      readonly afterEvents?: number
    }

/** A fault, and the requests that it affects. */
export interface FaultRule {
  /** Only requests for this operation, such as `GetRecords`. */
  readonly operation?: string
  /** Only requests for this stream. */
  readonly stream?: string
  /**
   * Only requests for this shard. A PutRecords request matches when it has a record for the shard, and a `partial` fault
   * then refuses only the records for that shard.
   */
  readonly shardId?: string
  /** How many matching requests the fault affects. The default is 1. Infinity stands for all. */
  readonly times?: number
  /** How many matching requests succeed before the first that the fault affects. The default is 0. */
  readonly after?: number
  readonly fault: Fault
}
