/**
 * A kind of transformation: its fields in the job graph, and the rule by which it is planned. What creates its operators is
 * added by `OperatorKind`. The planner, the check of graphs and their JSON Schema know kinds by this interface only.
 */
import { GraphError } from '../foundation/errors.ts'
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { Fields } from '../foundation/shape/shape.ts'
import type { RemoteFunctionSpec } from './function-spec.ts'
import type { Transformation } from './transformation.ts'
import type { WatermarkStrategySpec } from './watermark-strategy-spec.ts'

export interface TransformationKind<T extends Transformation = Transformation> {
  /** The kind's name in job graphs. */
  readonly kind: string
  readonly description: string
  /** Its fields beside those of every transformation. */
  readonly fields: Fields
  /** How many inputs it has. 0 for sources. */
  readonly inputs: number
  /** Its part of generated operator ids. Checkpoints depend on it, so it never changes. */
  identity(t: T): readonly [kind: string, what: string]
  /** @throws GraphError if the transformation cannot follow its inputs */
  plan(t: T, inputs: readonly PlanInput[]): PlanningRule
  /** The configurations that it brings, for warnings of unknown keys. */
  configurations?(t: T): readonly Readonly<Record<string, string>>[]
}

/** The transformation at the start of an edge. */
export interface PlanInput {
  readonly transformation: Transformation
  readonly isSource: boolean
}

export interface PlanningRule {
  /** The operator's name in the names of chains. */
  readonly name: string
  /** The parallelism where the transformation has none of its own: the job's, that of its input, or a fixed one. */
  readonly parallelism: 'job' | 'input' | number
  /** How its values are carried. `null` when it ends a chain. */
  readonly output: PayloadType | null
  /** How the values of its side outputs are carried, by tag. */
  readonly sideOutputs: Readonly<Record<string, PayloadType>>
  /** Its output carries the key of each record. Edges from it go by key. */
  readonly givesKeys: boolean
  /** It takes the keys of a `key_by` right before it, over edges of any partitioner. */
  readonly takesKeys: boolean
  /** It has state and timers for each key, where its edges go by key. */
  readonly keyedState: boolean
  /** It passes on every record of its input, with unchanged values. */
  readonly passesRecords: boolean
  /** The call of its function, where that runs outside of the engine. Consecutive calls of one host become one. */
  readonly remote: RemoteCall | null
  /** An operator that always follows in the same chain. Its state has the operator's id with `idSuffix`. */
  readonly followedBy: { readonly transformation: Transformation; readonly idSuffix: string } | null
}

export interface RemoteCall {
  readonly function: RemoteFunctionSpec
  /** The operator on the other side, by the name under which it is registered there. */
  readonly operation: string
  /** The function completes the schema of the source before it: its exceptions are faults of the record. */
  readonly deserializes: boolean
  readonly needsTimestamps: boolean
  readonly needsWatermarks: boolean
  /** The strategy by which the engine makes watermarks of the timestamps that the call assigns. `null` when it assigns none. */
  readonly watermarks: WatermarkStrategySpec | null
}

export const PLAIN_RULE = {
  parallelism: 'job',
  sideOutputs: {},
  givesKeys: false,
  takesKeys: false,
  keyedState: false,
  passesRecords: false,
  remote: null,
  followedBy: null,
} as const satisfies Partial<PlanningRule>

/** Kinds by their names. */
export class Kinds<K extends TransformationKind = TransformationKind> {
  readonly all: readonly K[]
  readonly #byName: ReadonlyMap<string, K>

  constructor(kinds: readonly K[]) {
    this.all = kinds
    this.#byName = new Map(kinds.map(kind => [kind.kind, kind]))
  }

  /** @throws GraphError if the engine has no such kind */
  of(t: Transformation): K {
    const kind = this.#byName.get(t.kind)
    if (kind !== undefined) return kind
    throw new GraphError(
      `'${t.name}' is of kind '${t.kind}'. This engine has the kinds ${[...this.#byName.keys()].join(', ')}.`,
    )
  }
}
