/**
 * Merges the channels of a subtask into one order, and aligns barriers: a channel that delivered barrier n waits until every
 * channel has delivered it or has ended, whichever of the operator's inputs the channels belong to. Watermarks of all channels go
 * through a valve, in their places among the batches. The end of a split concerns its channel alone.
 */
import { Signal } from '../../foundation/signal.ts'
import { WatermarkValve } from '../../event-time/watermark-valve.ts'
import type { Channel } from './channel.ts'
import type { StreamElement } from './stream-element.ts'

/** A channel, and the input of the operator that it belongs to. */
export interface InputChannel {
  readonly channel: Channel
  readonly input: number
}

interface Input extends InputChannel {
  readonly index: number
  /** Delivered the barrier that is being aligned. */
  aligned: boolean
  ended: boolean
}

export class InputGate {
  readonly #inputs: readonly Input[]
  readonly #valve: WatermarkValve
  /** What one element turned into, where it was several. */
  readonly #ready: StreamElement[] = []
  #next = 0
  #aligning: number | null = null
  #readable = true
  readonly #changed = new Signal()
  #batchInput = 0

  constructor(channels: readonly InputChannel[]) {
    this.#inputs = channels.map((of, index) => ({ ...of, index, aligned: false, ended: false }))
    this.#valve = new WatermarkValve(channels.length)
    for (const { channel } of channels)
      channel.onReadable = () => {
        this.#readable = true
        this.#changed.notify()
      }
  }

  /** The operator's input that the last batch came from. */
  get batchInput(): number {
    return this.#batchInput
  }

  /** The next element, or `null` when there is none now. It is `end` once every channel has ended. */
  poll(): StreamElement | null {
    if (this.#ready.length > 0) return this.#ready.shift()!
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
    this.#readable = false
    return null
  }

  /** Resolves when `poll` may have something. */
  available(): Promise<void> {
    return this.#readable ? Promise.resolve() : this.#changed.waitAnew()
  }

  #handle(input: Input, element: StreamElement): StreamElement | null {
    switch (element.type) {
      case 'batch':
        this.#batchInput = input.input
        return element
      case 'split-end':
        return element
      case 'watermark':
      case 'status':
        this.#ready.push(...this.#valve.onElement(input.index, element))
        break
      case 'barrier':
        input.aligned = true
        this.#aligning = element.checkpointId
        this.#align()
        break
      case 'end':
        input.ended = true
        this.#align()
        this.#ready.push(...this.#valve.onEnd(input.index))
        if (this.#inputs.every(i => i.ended)) this.#ready.push(element)
    }
    return this.#ready.shift() ?? null
  }

  #align(): void {
    if (this.#aligning === null || !this.#inputs.every(i => i.aligned || i.ended)) return
    this.#ready.push({ type: 'barrier', checkpointId: this.#aligning })
    this.#aligning = null
    for (const input of this.#inputs) input.aligned = false
  }
}
