/**
 * A program as plain data: the logical transformations of a job, versioned and serialisable. It holds no behaviour; chaining,
 * scheduling and state are the engine's business. Both languages build it, and JSON-RPC accepts it. Its JSON Schema,
 * `schemas/job-graph.schema.json`, and its check are generated from the same shapes as its types.
 */
import { GraphError } from '../foundation/errors.ts'
import { described, int, list, literal, nullable, object, text, variants } from '../foundation/shape/shape.ts'
import type { Definitions, InferFields, Shape } from '../foundation/shape/shape.ts'
import { configuration, transformationFields } from './transformation.ts'
import type { Transformation } from './transformation.ts'
import type { TransformationKind } from './transformation-kind.ts'

export const JOB_GRAPH_VERSION = 2

const graphFields = {
  version: literal(JOB_GRAPH_VERSION),
  name: text,
  configuration,
  parallelism: described('The default parallelism. With null it is the number of cores.', nullable(int(1))),
  maxParallelism: nullable(int(1)),
}

export interface JobGraph extends InferFields<typeof graphFields> {
  /** In topological order: inputs come before their users. */
  readonly transformations: readonly Transformation[]
}

/** The shape of graphs whose transformations are of these kinds. */
export function jobGraphShape(kinds: readonly TransformationKind[]): Shape<JobGraph> {
  const transformation = variants(
    'kind',
    Object.fromEntries(kinds.map(kind => [kind.kind, { ...transformationFields, ...kind.fields }])),
    Object.fromEntries(kinds.map(kind => [kind.kind, kind.description])),
  )
  return object({
    ...graphFields,
    transformations: described('In topological order: inputs come before their users.', list(transformation)),
  }) as Shape as Shape<JobGraph>
}

/** @throws GraphError naming the path of the first difference */
export function checkJobGraph(graph: unknown, kinds: readonly TransformationKind[]): asserts graph is JobGraph {
  object({ version: int() }).check(graph, '')
  checkVersion((graph as { version: number }).version)
  jobGraphShape(kinds).check(graph, '')
}

/** @throws GraphError unless this engine runs graphs of the version */
export function checkVersion(version: unknown): void {
  if (version === JOB_GRAPH_VERSION) return
  throw new GraphError(
    `This engine runs job graphs of version ${JOB_GRAPH_VERSION}, not ${String(version)}. Build the graph with a client of the same release; schemas/job-graph.schema.json describes version ${JOB_GRAPH_VERSION}.`,
  )
}

/** The document that describes job graphs to other tools. */
export function jobGraphJsonSchema(kinds: readonly TransformationKind[]): object {
  const definitions: Definitions = new Map()
  const schema = jobGraphShape(kinds).jsonSchema(definitions)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'job-graph.schema.json',
    title: `Shardline job graph, version ${JOB_GRAPH_VERSION}`,
    description: "The logical transformations of a program. Every key is always present; null means 'not set'.",
    ...schema,
    $defs: Object.fromEntries(definitions),
  }
}
