/** The operators of a job: prepared once, before the first attempt, and created anew for each attempt. */
import type { StartContext } from '../../aws/service/stream-readiness.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import type { Operator } from '../../operators/operator.ts'
import type { OperatorContext, OperatorFactory } from '../../operators/operator-kind.ts'
import { prepareRemoteChain } from '../../operators/remote/remote-chain.ts'
import type { Source } from '../../operators/source.ts'
import type { PartitionFunction } from '../exchange/partitioners.ts'
import type { ChainNode, JobPlan, OutEdge } from '../plan/job-plan.ts'
import { Facilities } from './facilities.ts'
import type { JobServices } from './job-services.ts'

export class JobOperators {
  readonly #facilities: Facilities
  readonly #factories = new Map<ChainNode, OperatorFactory>()
  readonly #partitioners = new Map<OutEdge, PartitionFunction>()

  private constructor(facilities: Facilities) {
    this.#facilities = facilities
  }

  /** @throws ShardlineError if something of the plan cannot run here */
  static async prepare(
    plan: JobPlan,
    configuration: Configuration,
    services: JobServices,
    { warn, signal }: StartContext,
  ): Promise<JobOperators> {
    const facilities = new Facilities(plan, configuration, services, warn)
    const operators = new JobOperators(facilities)
    for (const { node } of plan.nodes) {
      await operators.#prepare(node)
      for (const edge of node.edges) await operators.#loadPartitioner(edge, node.name)
    }
    for (const source of operators.#sources) await source.validate?.({ warn, signal })
    return operators
  }

  /** Whether the input of every source ends by itself. */
  get bounded(): boolean {
    return [...this.#sources].every(s => s.bounded)
  }

  get warn(): (message: string) => void {
    return this.#facilities.warn
  }

  /** Checks that the destinations exist. */
  async validateSinks(signal: AbortSignal): Promise<void> {
    const context = { warn: this.warn, signal }
    await Promise.all([...this.#factories.values()].map(async f => f.validate?.(context)))
  }

  /** Releases the resources of the sources when the job has ended. A failure is a warning and does not change the job's result. */
  async dispose(): Promise<void> {
    this.#facilities.close()
    for (const source of this.#sources)
      await source.dispose?.().catch((error: unknown) => this.warn((error as Error).message))
  }

  /** `null` unless the node is a source. */
  source(node: ChainNode): Source | null {
    return this.#facilities.sources.get(node) ?? null
  }

  /** `null` for sources, whose readers are driven by the subtask. */
  create(node: ChainNode, context: OperatorContext): Operator | null {
    return this.#factories.get(node)?.create(context) ?? null
  }

  /** The function of the edge's custom partitioner. `null` when it has another partitioner. */
  partitionFunction(edge: OutEdge): PartitionFunction | null {
    return this.#partitioners.get(edge) ?? null
  }

  get #sources(): Iterable<Source> {
    return this.#facilities.sources.values()
  }

  async #prepare(node: ChainNode): Promise<void> {
    const prepared =
      node.remote === null
        ? await node.kind.prepare(node, this.#facilities)
        : prepareRemoteChain(node, node.remote, this.#facilities)
    if (prepared.type === 'source') this.#facilities.sources.set(node, prepared.source)
    else this.#factories.set(node, prepared)
  }

  async #loadPartitioner(edge: OutEdge, name: string): Promise<void> {
    const { partitioner } = edge
    if (partitioner.type !== 'local' && partitioner.type !== 'module') return
    this.#partitioners.set(edge, (await this.#facilities.loadFunction(partitioner, name)) as PartitionFunction)
  }
}
