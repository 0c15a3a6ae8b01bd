/**
 * Tells code that waits for a change that something has changed. A notification is not stored: `wait` resolves at the first
 * `notify` after it, so the caller checks its condition, waits, and checks the condition again.
 */
export class Signal {
  #next: Promise<void> | null = null
  #resolve: () => void = () => undefined

  /** Resolves at the next `notify`. All calls between two notifications get the same promise. */
  wait(): Promise<void> {
    return (this.#next ??= new Promise(resolve => (this.#resolve = resolve)))
  }

  /**
   * Like `wait`, but with a new promise, which takes the place of the previous one: that one never resolves. A caller that races
   * the promise against others and abandons it needs this, because each race adds a reaction to the promise that stays until the
   * promise is settled or collected. Only one caller may wait.
   */
  waitAnew(): Promise<void> {
    this.#next = null
    return this.wait()
  }

  /** Wakes all that wait. Costs nothing when nothing waits. */
  notify(): void {
    if (this.#next === null) return
    this.#next = null
    this.#resolve()
  }
}
