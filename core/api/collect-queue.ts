/** Values on their way from a job to a `for await` loop; the job waits while the loop is busy with what it has. */
import { Signal } from '../foundation/signal.ts'
export class CollectQueue<T> implements AsyncIterable<T> {
  #batches: (readonly T[])[] = []
  #ended = false
  #error: unknown = null
  /** Several subtasks may wait at once. */
  readonly #space = new Signal()
  readonly #arrived = new Signal()

  /** Resolves when the batch was taken. */
  async put(values: readonly T[]): Promise<void> {
    while (this.#batches.length > 0 && !this.#ended) await this.#space.wait()
    if (this.#ended) return
    this.#batches.push(values)
    this.#arrived.notify()
  }

  end(): void {
    this.#ended = true
    this.#arrived.notify()
    this.#space.notify()
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
        this.#space.notify()
      } else if (this.#error !== null) throw this.#error as Error
      else if (this.#ended) return
      else await this.#arrived.wait()
    }
  }
}
