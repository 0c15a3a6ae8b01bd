/**
 * How many entries may be in flight: additive increase, multiplicative decrease, with the parameters of Flink's Kinesis sink.
 * A request whose entries were all written adds 10; one with a failed entry multiplies by 0.99, but never below one request
 * of one entry (Flink's rounding gets stuck at 50).
 */
export class CongestionControl {
  readonly #maxInFlightRequests: number
  readonly #threshold: number
  #maxInFlightEntries: number
  #requests = 0
  #entries = 0

  constructor(maxInFlightRequests: number, maxBatchSize: number) {
    this.#maxInFlightRequests = maxInFlightRequests
    this.#maxInFlightEntries = maxBatchSize
    this.#threshold = Math.max(25_000, maxBatchSize)
  }

  get inFlightRequests(): number {
    return this.#requests
  }

  get maxInFlightEntries(): number {
    return this.#maxInFlightEntries
  }

  blocks(entries: number): boolean {
    return (
      this.#requests >= this.#maxInFlightRequests ||
      (this.#requests > 0 && this.#entries + entries > this.#maxInFlightEntries)
    )
  }

  started(entries: number): void {
    this.#requests++
    this.#entries += entries
  }

  completed(entries: number, failed: number): void {
    this.#requests--
    this.#entries -= entries
    this.#maxInFlightEntries =
      failed > 0
        ? Math.max(1, Math.floor(this.#maxInFlightEntries * 0.99))
        : Math.min(this.#maxInFlightEntries + 10, this.#threshold)
  }
}
