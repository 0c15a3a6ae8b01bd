/**
 * Merges the channels of a subtask into one order, and aligns barriers: a channel that delivered barrier n waits until every
 * channel has, or has ended. A watermark is the least over the channels; one that ended holds nothing back.
 */
import type { Channel } from './channel.ts'
import type { StreamElement } from './stream-element.ts'

interface Input {
  readonly channel: Channel
  /** Delivered the barrier that is being aligned. */
  aligned: boolean
  ended: boolean
  watermarkMs: number
}

export class InputGate {
  readonly #inputs: readonly Input[]
  #next = 0
  #aligning: number | null = null
  #watermarkMs = -Infinity
  #wake: (() => void) | null = null
  #interrupted = false

  constructor(channels: readonly Channel[]) {
    this.#inputs = channels.map(channel => ({ channel, aligned: false, ended: false, watermarkMs: -Infinity }))
    for (const channel of channels)
      channel.onReadable = () => {
        this.#wake?.()
        this.#wake = null
      }
  }

  /** The next element; `end` once every channel has ended, or after `interrupt`. */
  async next(): Promise<StreamElement> {
    for (;;) {
      if (this.#interrupted) return { type: 'end' }
      const element = this.#poll()
      if (element !== null) return element
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  interrupt(): void {
    this.#interrupted = true
    this.#wake?.()
  }

  #poll(): StreamElement | null {
    for (let tried = 0; tried < this.#inputs.length;) {
      const input = this.#inputs[this.#next % this.#inputs.length]!
      this.#next = (this.#next + 1) % this.#inputs.length
      const element = input.aligned || input.ended ? undefined : input.channel.take()
      if (element === undefined) {
        tried++
        continue
      }
      const out = this.#handle(input, element)
      if (out !== null) return out
      tried = 0
    }
    return null
  }

  #handle(input: Input, element: StreamElement): StreamElement | null {
    switch (element.type) {
      case 'batch':
        return element
      case 'watermark':
        input.watermarkMs = element.timestampMs
        return this.#advanceWatermark()
      case 'barrier':
        input.aligned = true
        this.#aligning = element.checkpointId
        return this.#align()
      case 'end':
        input.ended = true
        if (this.#inputs.every(i => i.ended)) return { type: 'end' }
        return this.#align() ?? this.#advanceWatermark()
    }
  }

  #align(): StreamElement | null {
    if (this.#aligning === null || !this.#inputs.every(i => i.aligned || i.ended)) return null
    const checkpointId = this.#aligning
    this.#aligning = null
    for (const input of this.#inputs) input.aligned = false
    return { type: 'barrier', checkpointId }
  }

  #advanceWatermark(): StreamElement | null {
    const least = Math.min(...this.#inputs.map(i => (i.ended ? Infinity : i.watermarkMs)))
    if (least <= this.#watermarkMs || least === Infinity) return null
    this.#watermarkMs = least
    return { type: 'watermark', timestampMs: least }
  }
}
