// The account's minimum throughput billing commitment. Once it is enabled it lasts for 24 hours at least: to disable it
// earlier is to name its end.

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

  /** When it was enabled last, in milliseconds since the epoch. */
  get startedMs(): number | undefined {
    return this.#startedMs
  }

  /** When it ended, or undefined while it lasts. */
  endedMs(nowMs: number): number | undefined {
    return this.status(nowMs) === 'DISABLED' ? this.#endsMs : undefined
  }

  /** When it may end at the earliest, or undefined when it does not last. */
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
