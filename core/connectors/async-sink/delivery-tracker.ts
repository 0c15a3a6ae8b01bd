/**
 * Tells when all entries up to some point have been acknowledged, whatever is entered afterwards, and in any order of the
 * acknowledgements. Entries are counted in stretches. A call of `delivered` ends a stretch.
 */
export type OnAcknowledged = (entries: number) => void

interface Stretch {
  pending: number
  /** Set when the stretch has ended: no entry is added to it any more. */
  onEmpty: (() => void) | null
}

export class DeliveryTracker {
  #current: Stretch = { pending: 0, onEmpty: null }
  #before: Promise<void> = Promise.resolve()

  /** Counts `entries`. The caller calls the result when some of them are acknowledged; it calls `next`. */
  enter(entries: number, next: OnAcknowledged | null): OnAcknowledged {
    const stretch = this.#current
    stretch.pending += entries
    return acknowledged => {
      stretch.pending -= acknowledged
      if (stretch.pending === 0) stretch.onEmpty?.()
      next?.(acknowledged)
    }
  }

  /** Resolves when all entries that were entered before this call have been acknowledged. */
  delivered(): Promise<void> {
    const stretch = this.#current
    if (stretch.pending === 0) return this.#before
    this.#current = { pending: 0, onEmpty: null }
    const emptied = new Promise<void>(resolve => (stretch.onEmpty = resolve))
    this.#before = this.#before.then(() => emptied)
    return this.#before
  }
}
