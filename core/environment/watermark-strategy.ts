/** How event time advances. */
import type { WatermarkStrategySpec } from '../job-graph/job-graph.ts'

export class WatermarkStrategy {
  readonly spec: WatermarkStrategySpec

  private constructor(spec: WatermarkStrategySpec) {
    this.spec = spec
  }

  static noWatermarks(): WatermarkStrategy {
    return new WatermarkStrategy({ type: 'none', maxOutOfOrdernessMs: null, idlenessMs: null })
  }

  static forMonotonousTimestamps(): WatermarkStrategy {
    return new WatermarkStrategy({ type: 'monotonous', maxOutOfOrdernessMs: null, idlenessMs: null })
  }

  /** @param maxOutOfOrdernessMs how late a record may come, milliseconds */
  static forBoundedOutOfOrderness(maxOutOfOrdernessMs: number): WatermarkStrategy {
    return new WatermarkStrategy({ type: 'bounded-out-of-orderness', maxOutOfOrdernessMs, idlenessMs: null })
  }

  /** @param idlenessMs after this long without a record, an input no longer holds event time back */
  withIdleness(idlenessMs: number): WatermarkStrategy {
    return new WatermarkStrategy({ ...this.spec, idlenessMs })
  }
}
