/**
 * Emits a watermark at every interval, from the timestamps of the records that an operator has emitted, split by split. Sources have
 * one, and streams with a strategy of their own. Records that the operator emits in between come before the watermark.
 */
import type { Clock } from '../../foundation/clock.ts'
import { alignSplits } from '../../event-time/watermark-alignment.ts'
import type { AlignmentGroup, AlignmentMember } from '../../event-time/watermark-alignment.ts'
import { SplitWatermarks } from '../../event-time/split-watermarks.ts'
import { MAX_WATERMARK } from '../../event-time/time-element.ts'
import type { WatermarkSettings } from '../../graph/watermark-strategy-spec.ts'
import type { Mailbox, Output } from '../operator.ts'

const ONE_STREAM: readonly string[] = ['']

export interface WatermarkOptions {
  readonly settings: WatermarkSettings
  /** `pipeline.auto-watermark-interval`; 0: only at the end. */
  readonly intervalMs: number
  /** The splits whose records still come. `null` when the whole stream has one watermark. */
  readonly activeSplits: (() => readonly string[]) | null
  /** `null` when the source may run ahead of others. */
  readonly alignment: Alignment | null
}

export interface Alignment {
  readonly group: AlignmentGroup
  readonly maxDriftMs: number
  readonly updateIntervalMs: number
  readonly pauseOrResumeSplits: (pause: readonly string[], resume: readonly string[]) => void
}

export class PeriodicWatermarks implements AlignmentMember {
  readonly #options: WatermarkOptions
  readonly #clock: Clock
  readonly #watermarks: SplitWatermarks
  /** Splits, with how often, of which something is still on its way to where it counts. */
  readonly #held = new Map<string, number>()
  readonly #paused = new Set<string>()
  readonly #timers = new Map<string, () => void>()
  #stopped = false

  constructor(options: WatermarkOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#watermarks = new SplitWatermarks(options.settings)
  }

  get perSplit(): boolean {
    return this.#options.activeSplits !== null
  }

  /** What counts for those that this source is aligned with. */
  get alignedMs(): number {
    return this.#watermarks.idle ? MAX_WATERMARK : this.#watermarks.watermarkMs
  }

  start(output: Output, mailbox: Mailbox): void {
    const { intervalMs, alignment } = this.#options
    if (intervalMs > 0) this.#every('emit', intervalMs, mailbox, () => this.#emit(output))
    if (alignment === null) return
    alignment.group.join(this)
    this.#every('align', alignment.updateIntervalMs, mailbox, () => this.#align(alignment))
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
    this.#options.alignment?.group.leave(this)
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  #every(name: string, ms: number, mailbox: Mailbox, mail: () => Promise<void> | void): void {
    if (this.#stopped) return
    const due = (): void => {
      mailbox.post(() => (this.#stopped ? undefined : mail()))
      this.#every(name, ms, mailbox, mail)
    }
    this.#timers.set(name, this.#clock.schedule(ms, due, true))
  }

  async #emit(output: Output): Promise<void> {
    const { activeSplits } = this.#options
    const active = activeSplits === null ? ONE_STREAM : new Set([...activeSplits(), ...this.#held.keys()])
    for (const element of this.#watermarks.onPeriodicEmit(active, this.#paused, this.#clock.monotonic()))
      await output.advance(element)
  }

  #align({ group, maxDriftMs, pauseOrResumeSplits }: Alignment): void {
    const { pause, resume } = alignSplits(this.#watermarks.bySplit, group.leastMs + maxDriftMs, this.#paused)
    if (pause.length + resume.length > 0) pauseOrResumeSplits(pause, resume)
  }
}
