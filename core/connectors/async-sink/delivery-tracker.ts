/**
 * Knows when everything that was entered up to some point has been acknowledged, whatever is entered afterwards and in whichever
 * order the acknowledgements come. Entries are counted in stretches, which end where a caller asks.
 */
export type OnAcknowledged = (entries: number) => void

interface Stretch {
  pending: number
  /** Set when no entry is added any more. */
  onEmpty: (() => void) | null
}

export class DeliveryTracker {
  #current: Stretch = { pending: 0, onEmpty: null }
  #before: Promise<void> = Promise.resolve()

  /** Counts `entries`; the result is to be called as they are acknowledged, and calls `next`. */
  enter(entries: number, next: OnAcknowledged | null): OnAcknowledged {
    const stretch = this.#current
    stretch.pending += entries
    return acknowledged => {
      stretch.pending -= acknowledged
      if (stretch.pending === 0) stretch.onEmpty?.()
      next?.(acknowledged)
    }
  }

  /** Resolves when all entries of before this call have been acknowledged. */
  delivered(): Promise<void> {
    const stretch = this.#current
    if (stretch.pending === 0) return this.#before
    this.#current = { pending: 0, onEmpty: null }
    const emptied = new Promise<void>(resolve => (stretch.onEmpty = resolve))
    this.#before = this.#before.then(() => emptied)
    return this.#before
  }
}
