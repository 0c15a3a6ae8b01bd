// A quota of so much a second, in windows of one second that start with the first use after a pause. Never stricter than
// a sliding second. What a large read or write takes beyond a window is taken from the windows that follow: after a
// GetRecords answer of 10 MiB at 2 MiB/s the next five seconds refuse.

const WINDOW_MS = 1000

export class Quota {
  readonly #perWindow: number
  #left: number
  #windowStartMs = -Infinity

  constructor(perSecond: number) {
    this.#perWindow = perSecond
    this.#left = perSecond
  }

  /** Whether anything is left in this second. */
  available(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#left > 0
  }

  /** Milliseconds until something is left; 0 when something is. */
  availableInMs(nowMs: number): number {
    if (this.available(nowMs)) return 0
    const windows = Math.floor(-this.#left / this.#perWindow) + 1
    return this.#windowStartMs + windows * WINDOW_MS - nowMs
  }

  /** Whether `amount` fits in this second; more than a whole second's worth fits when nothing of it is used yet. */
  fits(amount: number, nowMs: number): boolean {
    this.#refill(nowMs)
    return amount <= this.#left || this.#left === this.#perWindow
  }

  /** Takes `amount`, into debt if need be. */
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
