// A limit on how often a stream may be changed in any 24 hours.

const DAY_MS = 86_400_000

export class DailyCount {
  readonly #limit: number
  #times: readonly number[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts one change at `nowMs` and returns true. Returns false without counting when the limit is reached. */
  admit(nowMs: number): boolean {
    const recent = this.#times.filter(ms => nowMs - ms < DAY_MS)
    if (recent.length >= this.#limit) return false
    this.#times = [...recent, nowMs]
    return true
  }
}
