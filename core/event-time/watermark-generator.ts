/**
 * The watermark of one split, like Flink's `BoundedOutOfOrdernessWatermarks` within `WatermarksWithIdleness`: a record is late if its
 * timestamp is `maxOutOfOrdernessMs` or more before the largest one so far. It is computed at each interval, not for each record.
 */
import { NO_TIMESTAMP } from './time-element.ts'
import type { WatermarkSettings } from '../graph/watermark-strategy-spec.ts'

export class WatermarkGenerator {
  /** `null` for a strategy without watermarks. */
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

  /** Records were emitted. `maxTimestampMs` is their largest timestamp. */
  onRecords(maxTimestampMs: number): void {
    this.#sawRecords = true
    if (maxTimestampMs > this.#maxTimestampMs) this.#maxTimestampMs = maxTimestampMs
  }

  /** `nowMs` measures idleness. A `paused` split is not idle, however long it has no records. */
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
