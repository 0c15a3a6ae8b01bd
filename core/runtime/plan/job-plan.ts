/**
 * What runs: transformations are fused into chains wherever no exchange is needed, and consecutive functions outside of the
 * engine into one operator. A chain runs as `parallelism` subtasks, each with one loop.
 *
 *   source -> map -> filter -> sink        one chain, if all have the same parallelism
 *   source -> map -rebalance-> sink        two chains, with channels between their subtasks
 */
import type { PartitionerSpec } from '../../graph/partitioner-spec.ts'
import type { OperatorKind } from '../../operators/operator-kind.ts'
import type { PlannedOperator } from '../../operators/planned-operator.ts'
import type { RemoteStep } from '../../operators/remote/remote-chain.ts'

export interface ChainNode extends PlannedOperator {
  /** The id under which its state is stored. For fused functions: that of the first. */
  readonly operatorId: string
  name: string
  readonly kind: OperatorKind
  /** It passes on every record of its input, with unchanged values. */
  readonly passesRecords: boolean
  /** The functions of one call outside of the engine. `null` when the operator runs here. */
  readonly remote: [RemoteStep, ...RemoteStep[]] | null
  /** Operators of the same chain that take an output of this one. */
  readonly chained: { readonly tag: string | null; readonly node: ChainNode }[]
  /** Edges to other chains. */
  readonly edges: OutEdge[]
}

export interface OutEdge {
  readonly target: Chain
  readonly tag: string | null
  /** Which input of the target's head it is. */
  readonly input: number
  readonly partitioner: PartitionerSpec
}

export interface Chain {
  readonly index: number
  readonly head: ChainNode
  readonly parallelism: number
  readonly maxParallelism: number
  /** Names of its operators, as Flink joins them: `Source: a -> Map`. */
  name: string
}

export interface JobPlan {
  readonly name: string
  readonly chains: readonly Chain[]
  readonly nodes: readonly { readonly node: ChainNode; readonly chain: Chain }[]
}

export interface PlanOptions {
  readonly parallelism: number
  readonly maxParallelism: number
  readonly chaining: boolean
}
