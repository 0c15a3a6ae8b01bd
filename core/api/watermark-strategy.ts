/** How event time is read from records, and how it advances. Immutable: each `with...` gives a new strategy. */
import { ConfigurationError } from '../foundation/errors.ts'
import type { WatermarkStrategySpec } from '../graph/watermark-strategy-spec.ts'
import type { TimestampAssigner } from '../operators/time/watermarks-operator.ts'

type Settings = Omit<WatermarkStrategySpec, 'timestampAssigner'>

/** `T`: the values whose time is read. */
export class WatermarkStrategy<T = unknown> {
  readonly #settings: Settings
  readonly #assigner: TimestampAssigner | null
  /** Only for the compiler. */
  declare readonly accepts?: (value: T) => void

  private constructor(settings: Settings, assigner: TimestampAssigner | null = null) {
    this.#settings = settings
    this.#assigner = assigner
  }

  static noWatermarks<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ type: 'none', maxOutOfOrdernessMs: null, idlenessMs: null, alignment: null })
  }

  static forMonotonousTimestamps<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({
      type: 'monotonous',
      maxOutOfOrdernessMs: null,
      idlenessMs: null,
      alignment: null,
    })
  }

  /** @param maxOutOfOrdernessMs how late a record may come, milliseconds */
  static forBoundedOutOfOrderness<T = unknown>(maxOutOfOrdernessMs: number): WatermarkStrategy<T> {
    if (!(maxOutOfOrdernessMs >= 0))
      throw new ConfigurationError(
        `The out-of-orderness must be 0 milliseconds or more, not ${String(maxOutOfOrdernessMs)}.`,
      )
    return new WatermarkStrategy<T>({
      type: 'bounded-out-of-orderness',
      maxOutOfOrdernessMs,
      idlenessMs: null,
      alignment: null,
    })
  }

  /**
   * @param assigner returns the epoch milliseconds of a value; its second argument is the timestamp of the source: for Kinesis the
   * arrival time, and -Infinity if there is none
   */
  withTimestampAssigner<U extends T>(assigner: (value: U, recordTimestampMs: number) => number): WatermarkStrategy<U> {
    return new WatermarkStrategy<U>(this.#settings, assigner)
  }

  /** @param idlenessMs after this long without a record, a shard no longer holds event time back */
  withIdleness(idlenessMs: number): WatermarkStrategy<T> {
    if (!(idlenessMs > 0))
      throw new ConfigurationError(`The idle timeout must be above 0 milliseconds, not ${String(idlenessMs)}.`)
    return new WatermarkStrategy<T>({ ...this.#settings, idlenessMs }, this.#assigner)
  }

  /**
   * Sources of one group wait for each other. No shard is read more than `maxDriftMs` ahead of the slowest source. A source whose
   * shards may have no records for some time needs `withIdleness` too.
   *
   * @param updateIntervalMs the interval at which the sources compare their watermarks
   */
  withWatermarkAlignment(group: string, maxDriftMs: number, updateIntervalMs = 1000): WatermarkStrategy<T> {
    if (!(maxDriftMs >= 0) || !(updateIntervalMs > 0))
      throw new ConfigurationError(
        `Watermark alignment needs a drift of 0 milliseconds or more and an interval above 0, not ${String(maxDriftMs)} and ${String(updateIntervalMs)}.`,
      )
    const alignment = { group, maxDriftMs, updateIntervalMs }
    return new WatermarkStrategy<T>({ ...this.#settings, alignment }, this.#assigner)
  }

  /** `local` keeps a function of this process, and gives the id under which a graph names it. */
  toSpec(local: (assigner: TimestampAssigner) => string): WatermarkStrategySpec {
    const timestampAssigner =
      this.#assigner === null ? null : ({ type: 'local', localId: local(this.#assigner) } as const)
    return { ...this.#settings, timestampAssigner }
  }
}
