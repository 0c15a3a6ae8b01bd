// How often something may happen to a stream in any 24 hours.

const DAY_MS = 86_400_000

export class DailyCount {
  readonly #limit: number
  #times: readonly number[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts one more at `nowMs`; false, and nothing is counted, when the last 24 hours have had their number. */
  admit(nowMs: number): boolean {
    const recent = this.#times.filter(ms => nowMs - ms < DAY_MS)
    if (recent.length >= this.#limit) return false
    this.#times = [...recent, nowMs]
    return true
  }
}
