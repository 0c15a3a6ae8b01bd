/** A type of source: its description in job graphs, and what makes it run. */
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { Fields } from '../foundation/shape/shape.ts'
import type { Transformation } from '../graph/transformation.ts'
import type { WatermarkStrategySpec } from '../graph/watermark-strategy-spec.ts'
import type { PlannedOperator } from './planned-operator.ts'
import type { JobFacilities } from './job-facilities.ts'
import type { Source } from './source.ts'

export interface SourceTransformation<S extends SourceSpec = SourceSpec> extends Transformation {
  readonly source: S
  readonly output: PayloadType
  readonly watermarkStrategy: WatermarkStrategySpec
}

export interface SourceSpec {
  readonly type: string
}

export interface SourceFactory<S extends SourceSpec = SourceSpec> {
  readonly type: S['type']
  readonly description: string
  /** The fields of its description, beside `type`. */
  readonly fields: Fields
  /** The only parallelism that it has. Without it the source has any. */
  readonly parallelism?: number
  /** @throws ConfigurationError, GraphError if the source cannot run here */
  create(operator: PlannedOperator<SourceTransformation<S>>, job: JobFacilities): Promise<Source>
}
