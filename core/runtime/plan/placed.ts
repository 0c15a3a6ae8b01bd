/** Transformations that have their place in a chain, and the edges from them. */
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import type { Edge, Transformation } from '../../graph/transformation.ts'
import type { PlanningRule } from '../../graph/transformation-kind.ts'
import type { Chain, ChainNode } from './job-plan.ts'

export interface Placed {
  readonly transformation: Transformation
  readonly rule: PlanningRule
  readonly isSource: boolean
  /** The node whose output is the transformation's. */
  readonly node: ChainNode
  readonly chain: Chain
}

export interface PlacedInput {
  readonly edge: Edge
  readonly from: Placed
}

/** How the values of an edge are carried. `null` when nothing is emitted. */
export const payloadOf = ({ edge, from: { rule } }: PlacedInput): PayloadType | null =>
  edge.tag === null ? rule.output : Object.hasOwn(rule.sideOutputs, edge.tag) ? rule.sideOutputs[edge.tag]! : null
