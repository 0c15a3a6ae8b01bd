// The only source of time in the emulator. It gives the times in responses and in the log of requests and the `Date`
// header. Expiry, retention, rates, the states of resources and slow responses depend on it.

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once, `delayMs` milliseconds from now. Returns a function that cancels the call. */
  after(delayMs: number, callback: () => void): () => void
}

/** The clock of the machine. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  after(delayMs: number, callback: () => void): () => void {
    // The timer is unreferenced, because a closed emulator must not keep its process alive.
    const timer = setTimeout(callback, delayMs).unref()
    return () => clearTimeout(timer)
  }
}

interface Alarm {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock that stands still until `advance` is called. */
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

  /** The number of callbacks that wait for the clock to advance. */
  get waiting(): number {
    return this.#alarms.length
  }

  /** Moves the time forward by `ms` milliseconds and calls every callback that is due, in order of time. */
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
