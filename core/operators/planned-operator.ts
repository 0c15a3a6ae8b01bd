/** An operator of a plan. */
import type { Transformation } from '../graph/transformation.ts'

export interface PlannedOperator<T extends Transformation = Transformation> {
  readonly transformation: T
  /** It has state and timers for each key. */
  readonly keyed: boolean
  /** It directly follows a source as part of it, so that each split has a watermark of its own. */
  readonly ofSource: boolean
}
