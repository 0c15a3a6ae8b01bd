/**
 * The number of records that a source emits at once. Batches are small enough to be processed soon, because a barrier waits for
 * the batch before it. A fast pipeline gets all available records after its first few batches.
 */
const BUDGET_MS = 50
/** The first batch is small, so that a slow function is detected soon. */
const FIRST = 64
/** Above this number, which no source emits at once, there is no limit. */
const UNLIMITED = 1_000_000

export class WorkBudget {
  #maxRecords = FIRST

  get maxRecords(): number {
    return this.#maxRecords
  }

  /** Reports the time in which the records were processed or queued. */
  worked(records: number, ms: number): void {
    if (ms > BUDGET_MS) this.#maxRecords = Math.max(1, Math.floor((records * BUDGET_MS) / ms))
    else if (records >= this.#maxRecords && ms < BUDGET_MS / 8) {
      const more = this.#maxRecords * 8
      this.#maxRecords = more > UNLIMITED ? Infinity : more
    }
  }
}
