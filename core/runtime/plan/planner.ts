/** Plans a job graph. It knows kinds of transformations by their planning rules only. */
import { GraphError } from '../../foundation/errors.ts'
import { checkVersion } from '../../graph/job-graph.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import { operatorIds } from '../../graph/operator-ids.ts'
import type { PartitionerSpec } from '../../graph/partitioner-spec.ts'
import type { Edge, Transformation } from '../../graph/transformation.ts'
import type { Kinds, PlanningRule } from '../../graph/transformation-kind.ts'
import type { OperatorKind } from '../../operators/operator-kind.ts'
import type { RemoteStep } from '../../operators/remote/remote-chain.ts'
import { checkInputs } from './check-inputs.ts'
import { payloadOf } from './placed.ts'
import type { Placed, PlacedInput } from './placed.ts'
import type { Chain, ChainNode, JobPlan, PlanOptions } from './job-plan.ts'

type ResolvedInput = PlacedInput & { readonly partitioner: PartitionerSpec }

/** @throws GraphError if the graph cannot run */
export function planJob(graph: JobGraph, options: PlanOptions, kinds: Kinds<OperatorKind>): JobPlan {
  checkVersion(graph.version)
  if (graph.transformations.length === 0)
    throw new GraphError('No operators defined in streaming topology. Cannot execute.')
  const planner = new Planner(graph, options, kinds)
  for (const t of graph.transformations) planner.place(t)
  return { name: graph.name, chains: planner.chains, nodes: planner.nodes }
}

class Planner {
  readonly chains: Chain[] = []
  readonly nodes: { node: ChainNode; chain: Chain }[] = []
  readonly #options: PlanOptions
  readonly #kinds: Kinds<OperatorKind>
  readonly #operatorIds: ReadonlyMap<number, string>
  /** How many edges start from a transformation. */
  readonly #users: ReadonlyMap<number, number>
  readonly #placed = new Map<number, Placed>()

  constructor(graph: JobGraph, options: PlanOptions, kinds: Kinds<OperatorKind>) {
    this.#options = options
    this.#kinds = kinds
    this.#operatorIds = operatorIds(graph, kinds)
    this.#users = countUsers(graph)
  }

  place(t: Transformation): void {
    if (this.#placed.has(t.id)) throw new GraphError(`Two transformations have the id ${t.id}.`)
    const kind = this.#kinds.of(t)
    const inputs = t.inputs.map(edge => this.#input(t, edge))
    const rule = kind.plan(
      t,
      inputs.map(i => i.from),
    )
    checkInputs(t, kind, rule, inputs)
    const { parallelism, maxParallelism } = this.#parallelism(t, rule, inputs)
    const resolved = inputs.map(input => resolve(input, parallelism, t.name))
    const chained = this.#chainable(resolved)
    if (chained !== null && this.#fuse(t, rule, chained)) return
    const node = makeNode(t, kind, rule, this.#operatorIds.get(t.id)!, resolved)
    const chain =
      chained === null ? this.#startChain(node, resolved, parallelism, maxParallelism) : this.#join(node, chained)
    this.nodes.push({ node, chain })
    const last = this.#followed(node, chain, rule)
    this.#placed.set(t.id, { transformation: t, rule, isSource: kind.inputs === 0, node: last, chain })
  }

  #input(t: Transformation, edge: Edge): PlacedInput {
    const from = this.#placed.get(edge.from)
    if (from !== undefined) return { edge, from }
    throw new GraphError(`'${t.name}' takes its input from transformation ${edge.from}, which does not come before it.`)
  }

  #parallelism(t: Transformation, rule: PlanningRule, inputs: readonly PlacedInput[]) {
    const maxParallelism = t.maxParallelism ?? this.#options.maxParallelism
    const parallelism = this.#parallelismOf(t, rule, inputs[0])
    if (!Number.isInteger(parallelism) || parallelism < 1)
      throw new GraphError(`'${t.name}': parallelism must be a whole number from 1, not ${parallelism}.`)
    if (parallelism > maxParallelism)
      throw new GraphError(`'${t.name}': parallelism ${parallelism} is over its max parallelism ${maxParallelism}.`)
    return { parallelism, maxParallelism }
  }

  #parallelismOf(t: Transformation, rule: PlanningRule, input: PlacedInput | undefined): number {
    if (typeof rule.parallelism === 'number') return rule.parallelism
    if (t.parallelism !== null) return t.parallelism
    const ofInput = rule.parallelism === 'input' && input !== undefined && input.edge.partitioner?.type !== 'hash'
    return ofInput ? input.from.chain.parallelism : this.#options.parallelism
  }

  /** The input whose chain the operator joins, or `null`. */
  #chainable(inputs: readonly ResolvedInput[]): ResolvedInput | null {
    const [only] = inputs
    if (!this.#options.chaining || inputs.length !== 1 || only?.partitioner.type !== 'forward') return null
    return only
  }

  /** Adds a function outside of the engine to the call of the functions before it, where one call can do both. */
  #fuse(t: Transformation, rule: PlanningRule, { from, edge }: ResolvedInput): boolean {
    const { node, chain } = from
    const { remote: call, output } = rule
    if (call === null || output === null || node.remote === null || edge.tag !== null) return false
    const last = node.remote.at(-1)!
    if (last.call.function.mode !== call.function.mode || this.#users.get(last.id) !== 1) return false
    // Watermarks are made after the call that assigns timestamps, so a function that needs them comes in another call.
    const assigns = node.remote.some(step => step.call.watermarks !== null)
    if (assigns && (call.needsWatermarks || call.watermarks !== null)) return false
    node.remote.push({ id: t.id, uid: t.uid, name: t.name, call, input: last.output, output })
    node.name += ` -> ${t.name}`
    chain.name += ` -> ${t.name}`
    this.#placed.set(t.id, { transformation: t, rule, isSource: false, node, chain })
    return true
  }

  #startChain(head: ChainNode, inputs: readonly ResolvedInput[], parallelism: number, maxParallelism: number): Chain {
    const chain: Chain = { index: this.chains.length, head, parallelism, maxParallelism, name: head.name }
    this.chains.push(chain)
    for (const { edge, from, partitioner } of inputs)
      from.node.edges.push({ target: chain, tag: edge.tag, input: edge.input, partitioner })
    return chain
  }

  #join(node: ChainNode, { edge, from }: ResolvedInput): Chain {
    from.chain.name += ` -> ${node.name}`
    from.node.chained.push({ tag: edge.tag, node })
    return from.chain
  }

  /** The operator that the rule adds behind the node, or the node itself. */
  #followed(node: ChainNode, chain: Chain, rule: PlanningRule): ChainNode {
    if (rule.followedBy === null) return node
    const { transformation, idSuffix } = rule.followedBy
    const kind = this.#kinds.of(transformation)
    const made = makeNode(transformation, kind, kind.plan(transformation, []), `${node.operatorId}${idSuffix}`, [])
    const follower = { ...made, ofSource: true }
    node.chained.push({ tag: null, node: follower })
    chain.name += ` -> ${follower.name}`
    this.nodes.push({ node: follower, chain })
    return follower
  }
}

function makeNode(
  t: Transformation,
  kind: OperatorKind,
  rule: PlanningRule,
  operatorId: string,
  inputs: readonly ResolvedInput[],
): ChainNode {
  const byKey = inputs.length > 0 && inputs.every(i => i.partitioner.type === 'hash')
  return {
    operatorId,
    name: rule.name,
    transformation: t,
    kind,
    keyed: rule.keyedState && byKey,
    ofSource: false,
    passesRecords: rule.passesRecords,
    remote: remoteStepsOf(t, rule, inputs[0]),
    chained: [],
    edges: [],
  }
}

function remoteStepsOf(t: Transformation, rule: PlanningRule, input: PlacedInput | undefined): [RemoteStep] | null {
  const { remote: call, output } = rule
  if (call === null || output === null) return null
  // Part of a source, it takes the source's values as they are.
  const taken = input === undefined ? output : payloadOf(input)
  return [{ id: t.id, uid: t.uid, name: t.name, call, input: taken ?? output, output }]
}

function countUsers({ transformations }: JobGraph): ReadonlyMap<number, number> {
  const users = new Map<number, number>()
  for (const t of transformations) for (const { from } of t.inputs) users.set(from, (users.get(from) ?? 0) + 1)
  return users
}

/** Without a partitioner an edge is forward where both ends have the same parallelism, else rebalance. */
function resolve(input: PlacedInput, parallelism: number, name: string): ResolvedInput {
  const { partitioner } = input.edge
  const from = input.from.chain.parallelism
  if (partitioner?.type === 'forward' && from !== parallelism)
    throw new GraphError(
      `'${name}' has a forward edge, but its input has parallelism ${from} and it has ${parallelism}. Use rebalance, or the same parallelism.`,
    )
  return { ...input, partitioner: partitioner ?? { type: from === parallelism ? 'forward' : 'rebalance' } }
}
