// A quota of an amount for each second. It has windows of one second, and a window starts with the first use after a pause.
// The quota is never stricter than one over a sliding second. What a large read or write takes beyond its window is taken
// from the windows that follow. With 2 MiB a second, a GetRecords response of 10 MiB exhausts the quota for five seconds.

const WINDOW_MS = 1000

export class Quota {
  readonly #perWindow: number
  #left: number
  #windowStartMs = -Infinity

  constructor(perSecond: number) {
    this.#perWindow = perSecond
    this.#left = perSecond
  }

  /** Returns whether anything is left in this window. */
  available(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#left > 0
  }

  /** Returns the milliseconds until something is left, which is 0 when something is left now. */
  availableInMs(nowMs: number): number {
    if (this.available(nowMs)) return 0
    const windows = Math.floor(-this.#left / this.#perWindow) + 1
    return this.#windowStartMs + windows * WINDOW_MS - nowMs
  }

  /** Returns whether `amount` fits into this window. Any amount fits into a window that is not used yet. */
  fits(amount: number, nowMs: number): boolean {
    this.#refill(nowMs)
    return amount <= this.#left || this.#left === this.#perWindow
  }

  /** Takes `amount`. When less is left, the windows that follow have the rest less. */
  take(amount: number): void {
    this.#left -= amount
  }

  #refill(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#windowStartMs) / WINDOW_MS)
    if (windows <= 0) return
    if (this.#left + windows * this.#perWindow >= this.#perWindow) {
      this.#left = this.#perWindow
      this.#windowStartMs = nowMs
    } else {
      this.#left += windows * this.#perWindow
      this.#windowStartMs += windows * WINDOW_MS
    }
  }
}
