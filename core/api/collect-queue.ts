/** The queue between a job and a `for await` loop. The job waits while the loop processes a batch. */
export class CollectQueue<T> implements AsyncIterable<T> {
  #batches: (readonly T[])[] = []
  #ended = false
  #error: unknown = null
  /** Several subtasks may wait at once. */
  #waiting: (() => void)[] = []
  #arrived: (() => void) | null = null

  /** Resolves when the batch was taken. */
  async put(values: readonly T[]): Promise<void> {
    while (this.#batches.length > 0 && !this.#ended) await new Promise<void>(resolve => this.#waiting.push(resolve))
    if (this.#ended) return
    this.#batches.push(values)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
    this.#letWritersGo()
  }

  fail(error: unknown): void {
    this.#error = error
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#batches.shift()
      if (batch !== undefined) {
        yield* batch
        this.#letWritersGo()
      } else if (this.#error !== null) throw this.#error as Error
      else if (this.#ended) return
      else await new Promise<void>(resolve => (this.#arrived = resolve))
    }
  }

  #letWritersGo(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #wake(): void {
    this.#arrived?.()
    this.#arrived = null
  }
}
