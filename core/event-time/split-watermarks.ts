/**
 * Combines the watermarks of many splits into one: the smallest over the active splits that are not idle. A split without records
 * yet holds the watermark back; a finished split is removed. The watermark never decreases, and only changes are emitted.
 *
 * A reader without splits is idle, with any strategy. Otherwise event time would stop in jobs with more subtasks than shards. No record
 * becomes late by this, because a child shard is assigned at the moment at which its last parent finishes.
 */
import { NO_TIMESTAMP } from './time-element.ts'
import type { TimeElement } from './time-element.ts'
import { WatermarkGenerator } from './watermark-generator.ts'
import type { WatermarkSettings } from '../graph/watermark-strategy-spec.ts'

export class SplitWatermarks {
  readonly #settings: WatermarkSettings
  readonly #splits = new Map<string, WatermarkGenerator>()
  /** How many times in a row there was no split. A shard assigner may take a moment. */
  #withoutSplits = 0
  #idle = false
  #watermarkMs = NO_TIMESTAMP

  constructor(settings: WatermarkSettings) {
    this.#settings = settings
  }

  /** The last watermark that was emitted. */
  get watermarkMs(): number {
    return this.#watermarkMs
  }

  get idle(): boolean {
    return this.#idle
  }

  /** The watermark of each split. Splits that are idle or have no watermark yet are left out. */
  get bySplit(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#splits].flatMap(([id, { watermarkMs, idle }]) =>
        idle || watermarkMs === NO_TIMESTAMP ? [] : [[id, watermarkMs] as const],
      ),
    )
  }

  onRecords(splitId: string, maxTimestampMs: number): void {
    this.#generatorOf(splitId).onRecords(maxTimestampMs)
  }

  /** The elements to emit now, in order. `active`: the splits that may still have records. */
  onPeriodicEmit(active: Iterable<string>, paused: ReadonlySet<string>, nowMs: number): TimeElement[] {
    const remaining = new Set(active)
    for (const id of remaining) this.#generatorOf(id)
    for (const id of this.#splits.keys()) if (!remaining.has(id)) this.#splits.delete(id)
    let least = Infinity
    let allIdle = true
    for (const [id, generator] of this.#splits) {
      generator.onPeriodicEmit(nowMs, paused.has(id))
      if (generator.idle) continue
      allIdle = false
      least = Math.min(least, generator.watermarkMs)
    }
    this.#withoutSplits = remaining.size === 0 ? this.#withoutSplits + 1 : 0
    if (remaining.size === 0) {
      allIdle = this.#withoutSplits > 1
      least = NO_TIMESTAMP
    }
    return this.#changes(allIdle, least)
  }

  #changes(idle: boolean, leastMs: number): TimeElement[] {
    const changes: TimeElement[] = []
    if (idle !== this.#idle) {
      this.#idle = idle
      changes.push({ type: 'status', idle })
    }
    if (!idle && leastMs > this.#watermarkMs) {
      this.#watermarkMs = leastMs
      changes.push({ type: 'watermark', timestampMs: leastMs })
    }
    return changes
  }

  #generatorOf(splitId: string): WatermarkGenerator {
    let generator = this.#splits.get(splitId)
    if (generator === undefined) this.#splits.set(splitId, (generator = new WatermarkGenerator(this.#settings)))
    return generator
  }
}

/** The greatest event time in a column of timestamps. */
export function maxTimestamp(timestamps: Float64Array | null): number {
  let max = NO_TIMESTAMP
  if (timestamps !== null) for (const timestamp of timestamps) if (timestamp > max) max = timestamp
  return max
}
