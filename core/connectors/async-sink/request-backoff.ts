/**
 * The pause of a sink after requests that failed: anywhere between zero and a bound that doubles with each pause in a row (full
 * jitter). Requests that fail during a pause do not make it longer.
 */
import type { Clock } from '../../foundation/clock.ts'

const BASE_MS = 50
const MAX_MS = 5000

export class RequestBackoff {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #onEnd: () => void
  #cancel: (() => void) | null = null
  /** Pauses in a row. */
  #pauses = 0

  /** `random`: from 0 up to 1. `onEnd` is called at the end of each pause. */
  constructor(clock: Clock, random: () => number, onEnd: () => void) {
    this.#clock = clock
    this.#random = random
    this.#onEnd = onEnd
  }

  get active(): boolean {
    return this.#cancel !== null
  }

  /** Begins a pause, unless one is active. */
  pause(): void {
    if (this.#cancel !== null) return
    const bound = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(this.#pauses++, 16))
    this.#cancel = this.#clock.schedule(this.#random() * bound, () => {
      this.#cancel = null
      this.#onEnd()
    })
  }

  /** A request succeeded: the next pause is short again. */
  reset(): void {
    this.#pauses = 0
  }

  close(): void {
    this.#cancel?.()
  }
}
