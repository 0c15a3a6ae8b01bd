/** A type of sink: its description in job graphs, and what makes it run. */
import type { Fields } from '../foundation/shape/shape.ts'
import type { Transformation } from '../graph/transformation.ts'
import type { JobFacilities } from './job-facilities.ts'
import type { Sink } from './sink.ts'

export interface SinkTransformation<S extends SinkSpec = SinkSpec> extends Transformation {
  readonly sink: S
}

export interface SinkSpec {
  readonly type: string
}

export interface SinkFactory<S extends SinkSpec = SinkSpec> {
  readonly type: S['type']
  readonly description: string
  /** The fields of its description, beside `type`. */
  readonly fields: Fields
  /** Whether its records take the keys of the `key_by` right before it. Without it no record does. */
  takesKeys?(spec: S): boolean
  /** @throws ConfigurationError, GraphError if the sink cannot run here */
  create(transformation: SinkTransformation<S>, job: JobFacilities): Promise<Sink>
}
