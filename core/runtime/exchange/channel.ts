/** A bounded queue from one subtask to another: `put` waits while it is full. One reader; several puts may wait at once. */
import type { StreamElement } from './stream-element.ts'
import { Signal } from '../../foundation/signal.ts'

export class Channel {
  readonly #capacity: number
  readonly #queue: StreamElement[] = []
  #onReadable: () => void = () => undefined
  readonly #space = new Signal()
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
    return this.#space.wait()
  }

  take(): StreamElement | undefined {
    const element = this.#queue.shift()
    if (this.#queue.length <= this.#capacity) this.#space.notify()
    return element
  }

  /** Drops the queued elements and resolves waiting puts. */
  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#space.notify()
  }
}
