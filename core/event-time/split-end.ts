/**
 * A marker that follows the last record of a split through every channel and every operator that the record can reach. It carries
 * no data. When the last copy of it has passed, everything of the split has been processed, and the split's children may be read:
 * whichever subtasks read them, none of their records can overtake one of the parent.
 *
 * A copy travels behind what was emitted before it, like a watermark, and waits for no other channel. Nothing else stops for it.
 */
import type { TimeElement } from './time-element.ts'

export class SplitEnd {
  readonly type = 'split-end'
  readonly splitId: string
  /** Copies that are under way. */
  #copies = 1
  readonly #onPassed: () => void

  constructor(splitId: string, onPassed: () => void) {
    this.splitId = splitId
    this.#onPassed = onPassed
  }

  /** One copy becomes as many as there are ways on. With no way on the copy has arrived. */
  fork(ways: number): void {
    this.#copies += ways - 1
    if (this.#copies === 0) this.#onPassed()
  }

  /** One copy has reached the end of its way. */
  arrived(): void {
    this.fork(0)
  }
}

/** What flows between the batches, in order with them. */
export type StreamSignal = TimeElement | SplitEnd
