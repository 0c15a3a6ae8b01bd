/** Counts failed checkpoints, and warns of them at most once a minute. The next warning counts those in between. */
import type { Clock } from '../foundation/clock.ts'
import type { CheckpointStatistics } from '../metrics/checkpoint-statistics.ts'

const WARN_AGAIN_MS = 60_000

export class CheckpointFailures {
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  #inARow = 0
  /** Failures that no warning has counted yet. */
  #uncounted = 0
  #warnedAtMs = -Infinity

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock
    this.#warn = warn
  }

  /** @returns how many have failed in a row */
  add(): number {
    return ++this.#inARow
  }

  /** A checkpoint has completed, or a new attempt has begun. */
  reset(): void {
    this.#inARow = 0
  }

  /** Warns of a failure that the job tolerates. */
  warn(message: string, { completed, failed, lastPath }: CheckpointStatistics): void {
    this.#uncounted++
    const now = this.#clock.monotonic()
    if (now - this.#warnedAtMs < WARN_AGAIN_MS) return
    const others = this.#uncounted > 1 ? ` ${this.#uncounted - 1} more have failed since the last warning.` : ''
    const newest = lastPath === null ? 'None has completed yet.' : `The newest complete one is ${lastPath}.`
    this.#warn(`${message}${others} ${failed} of ${completed + failed} checkpoints have failed. ${newest}`)
    this.#warnedAtMs = now
    this.#uncounted = 0
  }
}
