/**
 * Says at every interval how far event time has come, by what an operator emitted of each split: for sources, and for streams
 * that are given a strategy of their own. What the operator emits in between stands before it.
 */
import type { Clock } from '../clock.ts'
import { SplitWatermarks } from '../event-time/split-watermarks.ts'
import type { WatermarkSettings } from '../event-time/watermark-generator.ts'
import type { Mailbox, Output } from './operator.ts'

const ONE_STREAM: readonly string[] = ['']
const NOBODY: ReadonlySet<string> = new Set()

export interface WatermarkOptions {
  readonly settings: WatermarkSettings
  /** `pipeline.auto-watermark-interval`; 0: only at the end. */
  readonly intervalMs: number
  /** The splits whose records still come; null: the stream is one, whatever it was made of. */
  readonly activeSplits: (() => readonly string[]) | null
}

export class PeriodicWatermarks {
  readonly #options: WatermarkOptions
  readonly #clock: Clock
  readonly #watermarks: SplitWatermarks
  /** Splits, with how often, of which something is still on its way to where it counts. */
  readonly #held = new Map<string, number>()
  #stop: () => void = () => undefined
  #stopped = false

  constructor(options: WatermarkOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#watermarks = new SplitWatermarks(options.settings)
  }

  get perSplit(): boolean {
    return this.#options.activeSplits !== null
  }

  start(output: Output, mailbox: Mailbox): void {
    const { intervalMs } = this.#options
    if (intervalMs === 0 || this.#stopped) return
    this.#stop = this.#clock.schedule(
      intervalMs,
      () => {
        if (this.#stopped) return
        mailbox.post(() => this.#emit(output))
        this.start(output, mailbox)
      },
      true,
    )
  }

  onRecords(splitId: string | undefined, maxTimestampMs: number): void {
    this.#watermarks.onRecords(this.perSplit ? (splitId ?? '') : '', maxTimestampMs)
  }

  /** The split counts as active until as many releases have come, even if its source has finished it. */
  hold(splitId: string | undefined): void {
    if (this.perSplit && splitId !== undefined) this.#held.set(splitId, (this.#held.get(splitId) ?? 0) + 1)
  }

  release(splitId: string | undefined): void {
    if (!this.perSplit || splitId === undefined) return
    const held = this.#held.get(splitId)! - 1
    if (held === 0) this.#held.delete(splitId)
    else this.#held.set(splitId, held)
  }

  stop(): void {
    this.#stopped = true
    this.#stop()
  }

  async #emit(output: Output): Promise<void> {
    if (this.#stopped) return
    const { activeSplits } = this.#options
    const active = activeSplits === null ? ONE_STREAM : new Set([...activeSplits(), ...this.#held.keys()])
    for (const element of this.#watermarks.onPeriodicEmit(active, NOBODY, this.#clock.monotonic()))
      await output.advance(element)
  }
}
