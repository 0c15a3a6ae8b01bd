// A registered consumer (enhanced fan-out): its status, and the last subscription of each shard.

export type ConsumerStatus = 'CREATING' | 'ACTIVE' | 'DELETING'

/** What a consumer knows of a subscription. `Subscription` is the implementation. */
export interface ConsumerSubscription {
  /** When it began, in milliseconds since the epoch. */
  readonly startedMs: number
  /** Whether the subscription has ended. */
  readonly over: boolean
  /** Ends the subscription because another one takes its place. */
  supersede(): void
}

export class StreamConsumer {
  readonly name: string
  readonly arn: string
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  readonly tags = new Map<string, string>()
  /** The resource policy, as PutResourcePolicy received it. */
  policy: string | undefined
  /**
   * The last subscription of each shard, by shard id. A subscription that has ended stays here, because its start decides
   * when the next one is allowed.
   */
  readonly subscriptions = new Map<string, ConsumerSubscription>()
  readonly #activeMs: number
  #goneMs = Infinity

  /** @param createDelayMs Milliseconds for which the consumer is CREATING. */
  constructor(streamArn: string, name: string, createdMs: number, createDelayMs: number) {
    this.name = name
    // The ARN contains the time of creation in seconds, so that a consumer that is registered again has another ARN.
    this.arn = `${streamArn}/consumer/${name}:${Math.floor(createdMs / 1000)}`
    this.createdMs = createdMs
    this.#activeMs = createdMs + createDelayMs
  }

  status(nowMs: number): ConsumerStatus {
    if (this.#goneMs !== Infinity) return 'DELETING'
    return nowMs < this.#activeMs ? 'CREATING' : 'ACTIVE'
  }

  /** Sets the status to DELETING for `delayMs` milliseconds. A second call does not prolong it. */
  delete(nowMs: number, delayMs: number): void {
    this.#goneMs = Math.min(this.#goneMs, nowMs + delayMs)
  }

  /** Returns whether the deletion is complete. */
  gone(nowMs: number): boolean {
    return nowMs >= this.#goneMs
  }
}
