/**
 * Event time over the inputs of a subtask, as Flink's `StatusWatermarkValve`: the least watermark over the inputs that are
 * active and have caught up. An idle input holds nobody back; one that wakes up counts again when it has reached what was
 * said meanwhile. When all are idle the greatest watermark is said, then that the stream is idle.
 */
import { NO_TIMESTAMP } from './time-element.ts'
import type { TimeElement } from './time-element.ts'

interface ValveInput {
  watermarkMs: number
  idle: boolean
  /** Its watermark is not behind what was said. */
  aligned: boolean
  ended: boolean
}

export class WatermarkValve {
  readonly #inputs: readonly ValveInput[]
  #saidMs = NO_TIMESTAMP
  #idle = false

  constructor(inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => ({
      watermarkMs: NO_TIMESTAMP,
      idle: false,
      aligned: true,
      ended: false,
    }))
  }

  /** What an input's element makes of event time here, in order. */
  onElement(index: number, element: TimeElement): TimeElement[] {
    const input = this.#inputs[index]!
    if (element.type === 'watermark') {
      if (input.idle || element.timestampMs <= input.watermarkMs) return []
      input.watermarkMs = element.timestampMs
      if (input.watermarkMs >= this.#saidMs) input.aligned = true
      return this.#advance()
    }
    if (element.idle === input.idle) return []
    input.idle = element.idle
    if (!element.idle) {
      input.aligned = input.watermarkMs >= this.#saidMs
      if (!this.#idle) return []
      this.#idle = false
      return [{ type: 'status', idle: false }]
    }
    input.aligned = false
    return this.#lost()
  }

  /** An input that ended holds nobody back. */
  onEnd(index: number): TimeElement[] {
    const input = this.#inputs[index]!
    input.ended = true
    input.aligned = false
    return this.#inputs.every(i => i.ended) ? [] : this.#lost()
  }

  #lost(): TimeElement[] {
    if (this.#inputs.some(i => !i.idle && !i.ended)) return this.#advance()
    if (this.#idle || this.#inputs.every(i => i.ended)) return []
    this.#idle = true
    const greatest = Math.max(...this.#inputs.filter(i => !i.ended).map(i => i.watermarkMs))
    return [...this.#say(greatest), { type: 'status', idle: true }]
  }

  #advance(): TimeElement[] {
    let least = Infinity
    let any = false
    for (const { aligned, watermarkMs } of this.#inputs) {
      if (!aligned) continue
      any = true
      if (watermarkMs < least) least = watermarkMs
    }
    return any ? this.#say(least) : []
  }

  #say(timestampMs: number): TimeElement[] {
    if (timestampMs <= this.#saidMs) return []
    this.#saidMs = timestampMs
    return [{ type: 'watermark', timestampMs }]
  }
}
