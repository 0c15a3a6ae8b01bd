/** Time that stands still until a test moves it. Implements the engine's `Clock`. */
import type { Clock } from '../../../core/foundation/clock.ts'

interface Alarm {
  readonly atMs: number
  readonly action: () => void
}

export class ManualClock implements Clock {
  #nowMs: number
  #alarms: Alarm[] = []

  constructor(startMs = Date.UTC(2026, 0, 31, 12)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, action: () => void): () => void {
    const alarm = { atMs: this.#nowMs + Math.max(0, delayMs), action }
    this.#alarms.push(alarm)
    return () => (this.#alarms = this.#alarms.filter(a => a !== alarm))
  }

  /** When each timer that is armed will go off, in milliseconds from now. */
  get armed(): number[] {
    return this.#alarms.map(a => a.atMs - this.#nowMs).sort((a, b) => a - b)
  }

  /** Moves time forward and runs what comes due, in order. */
  advance(ms: number): void {
    const until = this.#nowMs + ms
    for (;;) {
      const due = this.#alarms.filter(a => a.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#alarms = this.#alarms.filter(a => a !== due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.action()
    }
    this.#nowMs = until
  }

  /** As `advance`, a step at a time, letting what was woken run in between. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left))
      await settle()
    }
  }
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>(resolve => setImmediate(resolve))
}

/** Steps time until the condition holds. */
export async function until(clock: ManualClock, holds: () => boolean, stepMs = 100, steps = 2000): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await settle()
    if (holds()) return
    clock.advance(stepMs)
  }
  throw new Error('what the test waited for did not come')
}
