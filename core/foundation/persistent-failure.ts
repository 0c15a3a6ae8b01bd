/**
 * Warns of an operation that is retried and keeps failing: after a few seconds, once a minute while it lasts, and when the operation
 * works again. Short failures cause no warning.
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

  /** The failure and its beginning. `null` while the operation works. */
  get current(): Trouble | null {
    return this.#current
  }

  /** `what`: a sentence that names the operation and the reason. */
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

  /** `what`: the operation that works again, for the message. */
  succeeded(what: string): void {
    if (this.#warnedAtMs !== -Infinity) this.#warn(`${what} works again.`)
    this.#sinceMs = null
    this.#current = null
    this.#warnedAtMs = -Infinity
  }
}
