/** A bounded queue from one subtask to another: `put` waits while it is full. One reader; several puts may wait at once. */
import type { StreamElement } from './stream-element.ts'

export class Channel {
  readonly #capacity: number
  readonly #queue: StreamElement[] = []
  #onReadable: () => void = () => undefined
  #waiting: (() => void)[] = []
  #closed = false

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  set onReadable(listener: () => void) {
    this.#onReadable = listener
  }

  /** Resolves when the element is within the capacity. */
  put(element: StreamElement): Promise<void> | void {
    if (this.#closed) return
    this.#queue.push(element)
    this.#onReadable()
    if (this.#queue.length <= this.#capacity) return
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  take(): StreamElement | undefined {
    const element = this.#queue.shift()
    if (this.#queue.length <= this.#capacity) this.#freeSpace()
    return element
  }

  /** Drops the queued elements and resolves waiting puts. */
  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#freeSpace()
  }

  #freeSpace(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
