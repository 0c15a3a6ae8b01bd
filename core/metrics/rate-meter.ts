/** Events a second over the last minute, from a counter that is looked at now and then. Flink's meters average over as long. */
const WINDOW_MS = 60_000
/** Looks that follow each other faster add nothing. */
const MIN_SPACING_MS = 1000

interface Sample {
  readonly atMs: number
  readonly count: number
}

export class RateMeter {
  #samples: Sample[] = []

  /** @param atMs of a monotonic clock */
  update(atMs: number, count: number): void {
    const last = this.#samples.at(-1)
    // A new attempt counts from 0 again.
    if (last !== undefined && count < last.count) this.#samples = []
    else if (last !== undefined && atMs - last.atMs < MIN_SPACING_MS) return
    this.#samples.push({ atMs, count })
    while (this.#samples.length > 2 && atMs - this.#samples[1]!.atMs >= WINDOW_MS) this.#samples.shift()
  }

  /** 0 until there was time to count. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0
    return ((last.count - first.count) * 1000) / (last.atMs - first.atMs)
  }
}
