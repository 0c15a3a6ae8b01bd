/** Calls an action at one instant of the clock. An instant in the past triggers the action at once. */
import type { Clock } from '../../foundation/clock.ts'

/** The greatest delay of `setTimeout`. A later instant is scheduled again after this delay. */
const LONGEST_MS = 2 ** 31 - 1

export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #set: { readonly atMs: number; readonly cancel: () => void } | null = null

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** @param atMs epoch milliseconds; `null` to cancel the alarm */
  set(atMs: number | null): void {
    if (this.#set?.atMs === atMs) return
    this.#set?.cancel()
    this.#set = null
    if (atMs === null || atMs === Infinity) return
    const delayMs = Math.max(0, atMs - this.#clock.now())
    const due = (): void => {
      this.#set = null
      if (delayMs > LONGEST_MS) this.set(atMs)
      else this.#ring()
    }
    this.#set = { atMs, cancel: this.#clock.schedule(Math.min(delayMs, LONGEST_MS), due, true) }
  }
}
