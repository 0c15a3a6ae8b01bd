/**
 * A marker that follows the last record of a split through every channel and every operator that the record can reach. It carries
 * no data. When the last copy of it has passed, everything of the split has been processed, and the split's children may be read:
 * whichever subtasks read them, none of their records can overtake one of the parent.
 *
 * A copy is sent behind the elements before it, like a watermark. It does not wait for other channels and does not block them.
 */
import type { TimeElement } from './time-element.ts'

export class SplitEnd {
  readonly type = 'split-end'
  readonly splitId: string
  /** Copies that have not arrived yet. */
  #copies = 1
  readonly #onPassed: () => void

  constructor(splitId: string, onPassed: () => void) {
    this.splitId = splitId
    this.#onPassed = onPassed
  }

  /** One copy becomes a copy for each output. Without an output the copy has arrived. */
  fork(ways: number): void {
    this.#copies += ways - 1
    if (this.#copies === 0) this.#onPassed()
  }

  /** One copy has arrived at the end of the pipeline. */
  arrived(): void {
    this.fork(0)
  }
}

/** An element that is sent between the batches, in order with them. */
export type StreamSignal = TimeElement | SplitEnd
