/**
 * How many records a source should hand out at once: so many that what follows works them off soon, because a barrier waits for
 * the batch before it. A fast pipeline gets whatever is there after its first few batches.
 */
const BUDGET_MS = 50
/** Small enough that the slowest of functions is noticed soon. */
const FIRST = 64
/** No source hands out as many: from here on there is no limit. */
const UNLIMITED = 1_000_000

export class WorkBudget {
  #maxRecords = FIRST

  get maxRecords(): number {
    return this.#maxRecords
  }

  /** So many records were worked off, or found their place, in this time. */
  worked(records: number, ms: number): void {
    if (ms > BUDGET_MS) this.#maxRecords = Math.max(1, Math.floor((records * BUDGET_MS) / ms))
    else if (records >= this.#maxRecords && ms < BUDGET_MS / 8) {
      const more = this.#maxRecords * 8
      this.#maxRecords = more > UNLIMITED ? Infinity : more
    }
  }
}
