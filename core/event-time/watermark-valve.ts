/**
 * Combines the watermarks of the inputs of a subtask, like Flink's `StatusWatermarkValve`: the smallest over the active inputs that are
 * aligned. An idle input does not hold the watermark back. An input that becomes active counts again when it has reached the
 * watermark that was emitted meanwhile. When all inputs are idle, the largest watermark is emitted, then the idle status.
 */
import { NO_TIMESTAMP } from './time-element.ts'
import type { TimeElement } from './time-element.ts'

interface ValveInput {
  watermarkMs: number
  idle: boolean
  /** The watermark of the input is not behind the emitted one. */
  aligned: boolean
  ended: boolean
}

export class WatermarkValve {
  readonly #inputs: readonly ValveInput[]
  #emittedMs = NO_TIMESTAMP
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
      if (input.watermarkMs >= this.#emittedMs) input.aligned = true
      return this.#advance()
    }
    if (element.idle === input.idle) return []
    input.idle = element.idle
    if (!element.idle) {
      input.aligned = input.watermarkMs >= this.#emittedMs
      if (!this.#idle) return []
      this.#idle = false
      return [{ type: 'status', idle: false }]
    }
    input.aligned = false
    return this.#lost()
  }

  /** An input that has ended does not hold the watermark back. */
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
    if (timestampMs <= this.#emittedMs) return []
    this.#emittedMs = timestampMs
    return [{ type: 'watermark', timestampMs }]
  }
}
