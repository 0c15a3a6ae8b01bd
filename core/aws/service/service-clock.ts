/**
 * How far this machine's clock is from the service's, learnt from the Date headers of its answers. A header says the second;
 * every answer narrows the range of what is possible, and as long as agreement is possible it is assumed.
 */
export class ServiceClock {
  #leastMs = -Infinity
  #mostMs = Infinity

  /** `date`: the header of an answer that was asked for at `sentAtMs` and came at `receivedAtMs`, by this machine's clock. */
  observe(date: string | undefined, sentAtMs: number, receivedAtMs: number): void {
    const second = Date.parse(date ?? '')
    if (Number.isNaN(second)) return
    const least = second - receivedAtMs
    const most = second + 1000 - sentAtMs
    const [narrowedLeast, narrowedMost] = [Math.max(least, this.#leastMs), Math.min(most, this.#mostMs)]
    // One of the clocks was set meanwhile. The earlier answers are void.
    const outdated = narrowedLeast > narrowedMost
    this.#leastMs = outdated ? least : narrowedLeast
    this.#mostMs = outdated ? most : narrowedMost
  }

  /** What the offset lies between, both ends included; both 0 before the first answer. */
  get offsetRangeMs(): readonly [least: number, most: number] {
    return this.#mostMs === Infinity ? [0, 0] : [this.#leastMs, this.#mostMs]
  }

  /** Milliseconds to add to this machine's time for the service's; 0 while they may agree. */
  get offsetMs(): number {
    if (this.#leastMs > 0) return this.#leastMs
    if (this.#mostMs < 0) return this.#mostMs
    return 0
  }
}
