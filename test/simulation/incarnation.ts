/**
 * The life of one process in a simulation. When it is killed, its timers never go off, no answer reaches it, and its
 * connections are closed; what it had stored stays.
 */
import type { Clock } from '../../core/foundation/clock.ts'
import type { VirtualClock } from '../../emulator/index.ts'
import type { Random } from './random.ts'

export class Incarnation implements Clock {
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #onDeath = new Set<() => void>()
  #dead = false

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  get dead(): boolean {
    return this.#dead
  }

  kill(): void {
    this.#dead = true
    for (const action of this.#onDeath) action()
  }

  /** Answers how to take it back. */
  onDeath(action: () => void): () => void {
    this.#onDeath.add(action)
    return () => this.#onDeath.delete(action)
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.now()
  }

  schedule(delayMs: number, action: () => void): () => void {
    return this.#clock.after(delayMs, () => {
      if (!this.#dead) action()
    })
  }

  /** Settles as the promise does, but never once this life has ended. */
  mortal<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        value => {
          if (!this.#dead) resolve(value)
        },
        (error: unknown) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it came
          if (!this.#dead) reject(error)
        },
      )
    })
  }

  /** What a call to somewhere else takes: often next to nothing. */
  async latency(mostMs = 30): Promise<void> {
    if (this.#dead) await new Promise(() => undefined)
    if (this.#random.chance(0.5)) return
    await new Promise<void>(resolve => this.schedule(this.#random.int(1, mostMs), resolve))
  }
}
