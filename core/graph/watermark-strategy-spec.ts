/** How a stream gets its timestamps and watermarks, as data. */
import { described, int, named, nullable, object, oneOf, text } from '../foundation/shape/shape.ts'
import type { Infer, InferFields } from '../foundation/shape/shape.ts'
import { functionSpec } from './function-spec.ts'

const settings = {
  type: described(
    "'none' gives no watermarks; 'monotonous' is a bound of 0.",
    oneOf('none', 'monotonous', 'bounded-out-of-orderness'),
  ),
  maxOutOfOrdernessMs: nullable(int(0)),
  idlenessMs: described(
    'After so many milliseconds without a record a split no longer holds event time back. With null it always does.',
    nullable(int()),
  ),
}
export type WatermarkSettings = InferFields<typeof settings>

const alignmentSettings = object({ group: text, maxDriftMs: int(0), updateIntervalMs: int(1) })
export type AlignmentSettings = Infer<typeof alignmentSettings>

export const watermarkStrategySpec = named(
  'watermarkStrategy',
  object({
    ...settings,
    timestampAssigner: described(
      'A function of a value and the timestamp that it has. It returns epoch milliseconds. With null records keep their timestamps.',
      nullable(functionSpec),
    ),
    alignment: described(
      'For sources alone: the sources of one group do not run ahead of each other. null when the source is in no group.',
      nullable(alignmentSettings),
    ),
  }),
)
export type WatermarkStrategySpec = Infer<typeof watermarkStrategySpec>
