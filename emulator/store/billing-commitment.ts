// The minimum throughput billing commitment of the account. It lasts for at least 24 hours after it was enabled. When it is
// disabled earlier, it ends after these 24 hours.

const SHORTEST_MS = 24 * 3_600_000

export type CommitmentStatus = 'ENABLED' | 'DISABLED' | 'ENABLED_UNTIL_EARLIEST_ALLOWED_END'

export class BillingCommitment {
  #startedMs: number | undefined
  #endsMs: number | undefined

  status(nowMs: number): CommitmentStatus {
    if (this.#startedMs === undefined) return 'DISABLED'
    if (this.#endsMs === undefined) return 'ENABLED'
    return nowMs < this.#endsMs ? 'ENABLED_UNTIL_EARLIEST_ALLOWED_END' : 'DISABLED'
  }

  /** When it was last enabled, in milliseconds since the epoch. Undefined when it never was. */
  get startedMs(): number | undefined {
    return this.#startedMs
  }

  /** Returns when it ended, in milliseconds since the epoch. Returns undefined while it lasts. */
  endedMs(nowMs: number): number | undefined {
    return this.status(nowMs) === 'DISABLED' ? this.#endsMs : undefined
  }

  /** Returns the earliest time at which it can end. Returns undefined when it is disabled. */
  earliestEndMs(nowMs: number): number | undefined {
    return this.#startedMs === undefined || this.status(nowMs) === 'DISABLED'
      ? undefined
      : this.#startedMs + SHORTEST_MS
  }

  enable(nowMs: number): void {
    if (this.status(nowMs) === 'DISABLED') this.#startedMs = nowMs
    this.#endsMs = undefined
  }

  disable(nowMs: number): void {
    if (this.#startedMs === undefined || this.#endsMs !== undefined) return
    this.#endsMs = Math.max(nowMs, this.#startedMs + SHORTEST_MS)
  }
}
