/** What all transformations of a job graph have in common, and their edges. */
import { described, int, list, mapOf, named, nullable, object, oneOf, text } from '../foundation/shape/shape.ts'
import type { Infer, InferFields, Shape } from '../foundation/shape/shape.ts'
import { partitionerSpec } from './partitioner-spec.ts'

export const payloadType: Shape<'text' | 'bytes' | 'pickle' | 'object'> = named(
  'payload',
  described(
    "How the values of a stream are carried between operators: UTF-8 text, bytes, Python objects pickled one by one, or 'object', JavaScript values of one process.",
    oneOf('text', 'bytes', 'pickle', 'object'),
  ),
)

/** Options of a graph, a source or a sink by key. Every value is a string, as in Flink's `Configuration`. */
export const configuration = named('configuration', described('Options by key. Every value is a string.', mapOf(text)))

export const edge = named(
  'edge',
  object({
    from: described('The id of the transformation that the edge starts from.', int()),
    tag: described(
      'The side output that the edge takes, as the transformation before it names it. null for the main output.',
      nullable(text),
    ),
    input: described('Which input of the target it is, from 0. Only operators with two inputs have a 1.', int(0)),
    partitioner: described(
      'With null the edge is forward where both ends have the same parallelism, else rebalance.',
      nullable(partitionerSpec),
    ),
  }),
)
export type Edge = Infer<typeof edge>

export const transformationFields = {
  id: described('Unique in the graph. Ids ascend in the order in which a program creates transformations.', int()),
  uid: described('Names the state of the operator. With null the engine generates a stable id.', nullable(text)),
  name: text,
  parallelism: nullable(int(1)),
  maxParallelism: nullable(int(1)),
  inputs: described('Empty for sources.', list(edge)),
}

/** A transformation of any kind. Each kind adds fields of its own. */
export interface Transformation extends InferFields<typeof transformationFields> {
  readonly kind: string
}
