// A registered consumer (enhanced fan-out): its life, and its subscriptions.
import type { Subscription } from './subscription.ts'

export type ConsumerStatus = 'CREATING' | 'ACTIVE' | 'DELETING'

export class StreamConsumer {
  readonly name: string
  readonly arn: string
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  readonly tags = new Map<string, string>()
  /** The resource policy, as it was given. */
  policy: string | undefined
  /** The last subscription of each shard, be it over: when it began decides when the next may. */
  readonly subscriptions = new Map<string, Subscription>()
  readonly #activeMs: number
  #goneMs = Infinity

  /** @param createDelayMs how long it stays CREATING */
  constructor(streamArn: string, name: string, createdMs: number, createDelayMs: number) {
    this.name = name
    // The ARN contains the second of creation, so that a consumer registered anew has another one.
    this.arn = `${streamArn}/consumer/${name}:${Math.floor(createdMs / 1000)}`
    this.createdMs = createdMs
    this.#activeMs = createdMs + createDelayMs
  }

  status(nowMs: number): ConsumerStatus {
    if (this.#goneMs !== Infinity) return 'DELETING'
    return nowMs < this.#activeMs ? 'CREATING' : 'ACTIVE'
  }

  /** Is DELETING from now on; once is enough. */
  delete(nowMs: number, delayMs: number): void {
    this.#goneMs = Math.min(this.#goneMs, nowMs + delayMs)
  }

  /** Whether its deletion is over. */
  gone(nowMs: number): boolean {
    return nowMs >= this.#goneMs
  }
}
