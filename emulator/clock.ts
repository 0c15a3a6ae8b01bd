// The only source of time in the emulator: times in answers and requests, the `Date` header, expiry, retention, rates,
// states and slow answers.

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once, `delayMs` milliseconds from now; calling the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  after(delayMs: number, callback: () => void): () => void {
    // Unreferenced: a closed emulator must not keep its process alive for an answer nobody waits for.
    const timer = setTimeout(callback, delayMs).unref()
    return () => clearTimeout(timer)
  }
}

interface Alarm {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock that stands still until a test advances it. */
export class VirtualClock implements Clock {
  #nowMs: number
  #alarms: Alarm[] = []

  /** @param startMs milliseconds since the epoch */
  constructor(startMs = Date.UTC(2025, 0, 1)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm = { atMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#alarms.push(alarm)
    return () => {
      this.#alarms = this.#alarms.filter(other => other !== alarm)
    }
  }

  /** How many callbacks wait for the clock to advance. */
  get waiting(): number {
    return this.#alarms.length
  }

  /** Moves time forward by `ms` milliseconds and runs every callback that comes due, in order of time. */
  advance(ms: number): void {
    const until = this.#nowMs + ms
    for (;;) {
      const due = this.#alarms.filter(alarm => alarm.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#alarms = this.#alarms.filter(other => other !== due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.callback()
    }
    this.#nowMs = until
  }
}
