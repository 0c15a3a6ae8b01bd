/**
 * The watermark of one split, as Flink's `BoundedOutOfOrdernessWatermarks` within `WatermarksWithIdleness`: what is later than
 * the greatest timestamp so far by `maxOutOfOrdernessMs` or more is late. Asked at every interval, never a record.
 */
import { NO_TIMESTAMP } from './time-element.ts'
import type { WatermarkSettings } from '../graph/watermark-strategy-spec.ts'

export class WatermarkGenerator {
  /** null: it gives no watermarks. */
  readonly #outOfOrdernessMs: number | null
  readonly #idlenessMs: number | null
  #maxTimestampMs = NO_TIMESTAMP
  #sawRecords = false
  #quietSinceMs: number | null = null
  watermarkMs = NO_TIMESTAMP
  idle = false

  constructor({ type, maxOutOfOrdernessMs, idlenessMs }: WatermarkSettings) {
    this.#outOfOrdernessMs = type === 'none' ? null : (maxOutOfOrdernessMs ?? 0)
    this.#idlenessMs = idlenessMs
  }

  /** Records were emitted, the latest with this timestamp. */
  onRecords(maxTimestampMs: number): void {
    this.#sawRecords = true
    if (maxTimestampMs > this.#maxTimestampMs) this.#maxTimestampMs = maxTimestampMs
  }

  /** `nowMs` only measures; a split that is `paused` is not idle, however long it gives nothing. */
  onPeriodicEmit(nowMs: number, paused: boolean): void {
    this.idle = this.#checkIdle(nowMs, paused)
    if (this.idle || this.#outOfOrdernessMs === null) return
    this.watermarkMs = Math.max(this.watermarkMs, this.#maxTimestampMs - this.#outOfOrdernessMs - 1)
  }

  #checkIdle(nowMs: number, paused: boolean): boolean {
    if (this.#idlenessMs === null) return false
    if (this.#sawRecords || paused) {
      this.#sawRecords = false
      this.#quietSinceMs = null
      return false
    }
    this.#quietSinceMs ??= nowMs
    return nowMs - this.#quietSinceMs > this.#idlenessMs
  }
}
