/**
 * `sum`, `min`, `max`, `min_by` and `max_by` of keyed streams. Each value is combined with the values before it under its key,
 * and a result is emitted for each. As in Flink, `sum`, `min` and `max` emit the first value with the result in its field;
 * `min_by` and `max_by` emit the whole value that has the least or greatest field, the first of equal ones.
 */
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import { described, either, int, nullable, text } from '../../foundation/shape/shape.ts'
import { functionSpec } from '../../graph/function-spec.ts'
import type { FunctionSpec } from '../../graph/function-spec.ts'
import { payloadType } from '../../graph/transformation.ts'
import type { Transformation } from '../../graph/transformation.ts'
import { processKind } from '../process/process-kind.ts'
import { reducing } from '../process/reduce.ts'
import type { Reduce } from '../process/reduce.ts'
import { withField, fieldOf } from './fields.ts'
import type { Position } from './fields.ts'

export interface AggregationTransformation extends Transformation {
  readonly position: Position
  readonly function: FunctionSpec | null
  readonly output: PayloadType
}

const fields = {
  position: described(
    'The field: a name, or an index in a list. 0 is the whole value where a value has no fields.',
    either(int(0), text, 'a whole number or a string'),
  ),
  function: described(
    'The pickled position, for values of Python. null for values of the engine.',
    nullable(functionSpec),
  ),
  output: payloadType,
}

type Ordered = number | bigint | string | Date

/** Emits the first value of the key with the combination of all fields. */
const combining =
  (combine: (a: never, b: never) => unknown) =>
  (position: Position): Reduce =>
  (soFar, value) =>
    withField(soFar, position, combine(fieldOf(soFar, position) as never, fieldOf(value, position) as never))

/** Emits the value whose field wins. */
const selecting =
  (wins: (field: Ordered, soFar: Ordered) => boolean) =>
  (position: Position): Reduce =>
  (soFar, value) =>
    wins(fieldOf(value, position) as Ordered, fieldOf(soFar, position) as Ordered) ? value : soFar

const aggregationKind = (kind: string, description: string, reduceOf: (position: Position) => Reduce) =>
  processKind<AggregationTransformation>({
    kind,
    description,
    fields,
    seesTime: false,
    makeFunction: (_, { position }) => reducing(reduceOf(position)),
  })

export const aggregationKinds = [
  aggregationKind(
    'sum',
    'Adds a field up, by key.',
    combining((a: number, b: number) => a + b),
  ),
  aggregationKind(
    'min',
    'The least field, by key.',
    combining((a: Ordered, b: Ordered) => (b < a ? b : a)),
  ),
  aggregationKind(
    'max',
    'The greatest field, by key.',
    combining((a: Ordered, b: Ordered) => (b > a ? b : a)),
  ),
  aggregationKind(
    'min_by',
    'The value with the least field, by key.',
    selecting((field, soFar) => field < soFar),
  ),
  aggregationKind(
    'max_by',
    'The value with the greatest field, by key.',
    selecting((field, soFar) => field > soFar),
  ),
] as const
