/**
 * From what the program said to what runs: transformations are fused into chains wherever no exchange is needed, consecutive
 * functions of another language into one node. A chain runs as `parallelism` subtasks, each with one loop.
 *
 *   source -> map -> filter -> sink        one chain, if all have the same parallelism
 *   source -> map -rebalance-> sink        two chains, with channels between their subtasks
 */
import { GraphError } from '../../foundation/errors.ts'
import { JOB_GRAPH_VERSION } from '../../graph/job-graph.ts'
import type {
  FunctionOperation,
  FunctionTransformation,
  JobGraph,
  Partitioning,
  PayloadType,
  SinkTransformation,
  SourceTransformation,
  Transformation,
  WatermarkStrategySpec,
} from '../../graph/job-graph.ts'
import { operatorIds } from '../../graph/operator-ids.ts'

export type ChainNode = SourceNode | FunctionNode | WatermarksNode | SinkNode

interface NodeBase {
  /** Where the operator's state is stored. For fused functions: the first one's. */
  readonly operatorId: string
  name: string
  /** Nodes of the same chain that take this node's output. */
  readonly chained: ChainNode[]
  /** Edges to other chains. */
  readonly edges: OutEdge[]
}

export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly transformation: SourceTransformation
}

export interface FunctionNode extends NodeBase {
  readonly kind: 'function'
  /** More than one only for functions of another language, fused. */
  readonly steps: FunctionStep[]
  readonly input: PayloadType
  /** The first step has state and timers by key. */
  readonly keyed: boolean
  /** What its timestamp assigner is for; null: it has none. */
  watermarks: StreamWatermarks | null
}

export type FunctionStep = Pick<
  FunctionTransformation,
  'id' | 'uid' | 'name' | 'function' | 'output' | 'deserializesFor'
> & {
  readonly operation: FunctionOperation | 'assign_timestamps'
}

/** Event time where no function of another language is asked for it. */
export interface WatermarksNode extends NodeBase {
  readonly kind: 'watermarks'
  readonly watermarks: StreamWatermarks
}

export interface StreamWatermarks {
  readonly strategy: WatermarkStrategySpec
  /** It directly follows a source, each of whose splits has a watermark of its own. */
  readonly ofSource: boolean
}

export interface SinkNode extends NodeBase {
  readonly kind: 'sink'
  readonly transformation: SinkTransformation
}

export interface OutEdge {
  readonly target: Chain
  readonly partitioning: Partitioning
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

export function planJob(graph: JobGraph, options: PlanOptions): JobPlan {
  if ((graph.version as number) !== JOB_GRAPH_VERSION)
    throw new GraphError(`This engine runs job graphs of version ${JOB_GRAPH_VERSION}, not ${String(graph.version)}.`)
  if (graph.transformations.length === 0)
    throw new GraphError('No operators defined in streaming topology. Cannot execute.')
  const ids = operatorIds(graph)
  const consumers = countConsumers(graph)
  const placed = new Map<number, { node: ChainNode; chain: Chain; transformation: Transformation }>()
  const chains: Chain[] = []
  const nodes: { node: ChainNode; chain: Chain }[] = []

  for (const t of graph.transformations) {
    if (placed.has(t.id)) throw new GraphError(`Two transformations have the id ${t.id}.`)
    const inputs = (t.kind === 'source' ? [] : t.inputs).map(edge => {
      const from = placed.get(edge.from)
      if (from === undefined)
        throw new GraphError(
          `'${t.name}' takes its input from transformation ${edge.from}, which does not come before it.`,
        )
      return { ...from, partitioning: edge.partitioning }
    })
    if (t.kind !== 'source' && inputs.length === 0) throw new GraphError(`'${t.name}' has no input.`)
    const parallelism = t.kind === 'source' && t.source.type === 'collection' ? 1 : parallelismOf(t, inputs[0], options)
    const maxParallelism = t.maxParallelism ?? options.maxParallelism
    if (!Number.isInteger(parallelism) || parallelism < 1)
      throw new GraphError(`'${t.name}': parallelism must be a whole number from 1, not ${parallelism}.`)
    if (parallelism > maxParallelism)
      throw new GraphError(`'${t.name}': parallelism ${parallelism} is over its max parallelism ${maxParallelism}.`)
    checkKeys(t, inputs)
    checkDeserializing(t, inputs)
    const edges = inputs.map(from => ({
      ...from,
      partitioning: resolve(from.partitioning, from.chain.parallelism, parallelism, t.name),
    }))
    const only = edges.length === 1 ? edges[0] : undefined
    const chainTo = options.chaining && only?.partitioning === 'forward' ? only : undefined
    const step = stepOf(t)
    if (chainTo !== undefined && step !== null && fusable(chainTo.node, step, consumers)) {
      fuse(chainTo.node, step, t)
      chainTo.chain.name += ` -> ${t.name}`
      placed.set(t.id, { node: chainTo.node, chain: chainTo.chain, transformation: t })
      continue
    }
    const node = makeNode(t, ids.get(t.id)!, inputs[0]?.transformation, only?.partitioning === 'hash')
    let chain: Chain
    if (chainTo === undefined) {
      chain = { index: chains.length, head: node, parallelism, maxParallelism, name: node.name }
      chains.push(chain)
      for (const edge of edges) edge.node.edges.push({ target: chain, partitioning: edge.partitioning })
    } else {
      chain = chainTo.chain
      chain.name += ` -> ${node.name}`
      chainTo.node.chained.push(node)
    }
    nodes.push({ node, chain })
    const last = t.kind === 'source' ? followedByWatermarks(node, t) : node
    if (last !== node) {
      nodes.push({ node: last, chain })
      chain.name += ` -> ${last.name}`
    }
    placed.set(t.id, { node: last, chain, transformation: t })
  }
  return { name: graph.name, chains, nodes }
}

interface Input {
  readonly transformation: Transformation
  readonly chain: Chain
  readonly partitioning: Partitioning | null
}

function parallelismOf(t: Transformation, input: Input | undefined, options: PlanOptions): number {
  if (t.parallelism !== null) return t.parallelism
  if (input === undefined || input.partitioning === 'hash') return options.parallelism
  return isPartOfItsInput(t) ? input.chain.parallelism : options.parallelism
}

const isKeyBy = (t: Transformation): boolean => t.kind === 'function' && t.operation === 'key_by'
const isPartOfItsInput = (t: Transformation): boolean => t.kind === 'watermarks' || isKeyBy(t)

/** A sink that takes its partition keys from the `key_by` before it: the keys come with the batches, over any edge. */
const writesKeys = (t: Transformation): boolean =>
  t.kind === 'sink' && t.sink.type === 'kinesis-streams' && t.sink.partitionKeyGenerator.type === 'key_by'

function checkKeys(t: Transformation, inputs: readonly Input[]): void {
  for (const { transformation, partitioning } of inputs) {
    if (writesKeys(t)) {
      if (!isKeyBy(transformation))
        throw new GraphError(
          `'${t.name}' takes its partition keys from a key_by, but '${transformation.name}' is none.`,
        )
    } else if ((partitioning === 'hash') !== isKeyBy(transformation))
      throw new GraphError(
        partitioning === 'hash'
          ? `'${t.name}' takes its input by key, but '${transformation.name}' is no key_by.`
          : `'${t.name}' follows the key_by '${transformation.name}', so its edge must be 'hash'.`,
      )
  }
}

function checkDeserializing(t: Transformation, inputs: readonly { readonly transformation: Transformation }[]): void {
  if (t.kind !== 'function' || t.deserializesFor === null) return
  if (t.function.type !== 'python' || !(t.operation === 'map' || t.operation === 'flat_map'))
    throw new GraphError(
      `'${t.name}' completes the schema of a source, which only a 'map' or 'flat_map' of Python can.`,
    )
  const [input] = inputs
  if (input?.transformation.kind !== 'source' || input.transformation.id !== t.deserializesFor || inputs.length > 1)
    throw new GraphError(
      `'${t.name}' completes the schema of the source ${t.deserializesFor}, which is not its one input.`,
    )
}

function makeNode(t: Transformation, operatorId: string, input: Transformation | undefined, byKey: boolean): ChainNode {
  const base = { operatorId, name: t.name, chained: [], edges: [] }
  const payload = input === undefined || input.kind === 'sink' || t.kind === 'source' ? null : input.output
  switch (t.kind) {
    case 'source':
      return { ...base, kind: 'source', name: `Source: ${t.name}`, transformation: t }
    case 'function':
      return {
        ...base,
        kind: 'function',
        steps: [t],
        input: payload ?? t.output,
        keyed: byKey && t.operation === 'process',
        watermarks: null,
      }
    case 'watermarks':
      if (t.watermarkStrategy.alignment !== null)
        throw new GraphError(`'${t.name}' asks for watermark alignment, which only the strategy of a source can.`)
      return watermarksNode(base, t, { strategy: t.watermarkStrategy, ofSource: false })
    case 'sink':
      return { ...base, kind: 'sink', transformation: t }
  }
}

/** The strategy of a source is carried out by an operator that is always chained to it. */
function followedByWatermarks(source: ChainNode, t: SourceTransformation): ChainNode {
  const strategy = t.watermarkStrategy
  if (strategy.type === 'none' && strategy.idlenessMs === null && strategy.timestampAssigner === null) return source
  const base = {
    operatorId: `${source.operatorId}-watermarks`,
    name: 'Timestamps/Watermarks',
    chained: [],
    edges: [],
  }
  const node = watermarksNode(base, { ...t, uid: null, name: base.name }, { strategy, ofSource: true })
  source.chained.push(node)
  return node
}

function watermarksNode(
  base: NodeBase,
  t: Omit<FunctionStep, 'operation' | 'function' | 'deserializesFor'>,
  watermarks: StreamWatermarks,
): FunctionNode | WatermarksNode {
  const step = assignerStep(t, watermarks.strategy)
  if (step === null) return { ...base, kind: 'watermarks', watermarks }
  return { ...base, kind: 'function', steps: [step], input: t.output, keyed: false, watermarks }
}

function assignerStep(
  { id, uid, name, output }: Omit<FunctionStep, 'operation' | 'function' | 'deserializesFor'>,
  { timestampAssigner }: WatermarkStrategySpec,
): FunctionStep | null {
  if (timestampAssigner?.type !== 'python') return null
  return { id, uid, name, output, operation: 'assign_timestamps', function: timestampAssigner, deserializesFor: null }
}

/** What of a transformation may join others in one call of another language's process. */
function stepOf(t: Transformation): FunctionStep | null {
  if (t.kind === 'watermarks') return assignerStep(t, t.watermarkStrategy)
  return t.kind === 'function' ? t : null
}

/** A run of functions of the same other language and mode, without a branch in between. */
function fusable(node: ChainNode, step: FunctionStep, consumers: ReadonlyMap<number, number>): node is FunctionNode {
  if (node.kind !== 'function' || step.function.type !== 'python') return false
  const last = node.steps.at(-1)!
  if (last.function.type !== 'python' || last.function.mode !== step.function.mode || consumers.get(last.id) !== 1)
    return false
  // Watermarks are made after the call that assigns timestamps, so what asks for them must come in another.
  return node.watermarks === null || (step.operation !== 'assign_timestamps' && step.operation !== 'process')
}

function fuse(node: FunctionNode, step: FunctionStep, t: Transformation): void {
  node.steps.push(step)
  node.name += ` -> ${t.name}`
  if (t.kind === 'watermarks') node.watermarks = { strategy: t.watermarkStrategy, ofSource: false }
}

function countConsumers(graph: JobGraph): ReadonlyMap<number, number> {
  const consumers = new Map<number, number>()
  for (const t of graph.transformations)
    if (t.kind !== 'source') for (const { from } of t.inputs) consumers.set(from, (consumers.get(from) ?? 0) + 1)
  return consumers
}

function resolve(partitioning: Partitioning | null, from: number, to: number, name: string): Partitioning {
  if (partitioning === 'forward' && from !== to)
    throw new GraphError(
      `'${name}' has a forward edge, but its input has parallelism ${from} and it has ${to}. Use rebalance, or the same parallelism.`,
    )
  return partitioning ?? (from === to ? 'forward' : 'rebalance')
}
