/**
 * Says when something that is tried again and again has been failing for a while, now and then while it goes on, and when it
 * works again. What passes quickly is not worth a word; what lasts must not be silent.
 */
import type { Clock } from './clock.ts'

const WARN_AFTER_MS = 5000
const WARN_AGAIN_MS = 60_000

export interface Trouble {
  readonly message: string
  /** Epoch milliseconds. */
  readonly sinceMs: number
}

export class PersistentFailure {
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  #sinceMs: number | null = null
  #current: Trouble | null = null
  #warnedAtMs = -Infinity

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock
    this.#warn = warn
  }

  /** What fails now, and since when; `null` while it works. */
  get current(): Trouble | null {
    return this.#current
  }

  /** `what`: a sentence with what failed and why. */
  failed(what: string): void {
    this.#current = { message: what, sinceMs: this.#current?.sinceMs ?? this.#clock.now() }
    const now = this.#clock.monotonic()
    this.#sinceMs ??= now
    const lasted = now - this.#sinceMs
    if (lasted < WARN_AFTER_MS || now - this.#warnedAtMs < WARN_AGAIN_MS) return
    this.#warnedAtMs = now
    this.#warn(
      `${what} This has lasted for ${Math.round(lasted / 1000)} s; it is tried again, and nothing is lost meanwhile.`,
    )
  }

  /** `what`: who works again. */
  succeeded(what: string): void {
    if (this.#warnedAtMs !== -Infinity) this.#warn(`${what} works again.`)
    this.#sinceMs = null
    this.#current = null
    this.#warnedAtMs = -Infinity
  }
}
