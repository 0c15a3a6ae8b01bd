/** What a job gives to the operators that it prepares. */
import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { GraphError } from '../../foundation/errors.ts'
import type { InProcessFunctionSpec } from '../../graph/function-spec.ts'
import type { JobFacilities, LocalFunction, RemoteProgram } from '../../operators/job-facilities.ts'
import type { PlannedOperator } from '../../operators/planned-operator.ts'
import type { Source } from '../../operators/source.ts'
import type { SchemaServices } from '../../../schemas/glue/schema-services.ts'
import type { ChainNode, JobPlan } from '../plan/job-plan.ts'
import { JobSchemas } from './job-schemas.ts'
import type { JobServices } from './job-services.ts'
import { loadModuleFunction } from './module-function.ts'

export class Facilities implements JobFacilities {
  /** The sources that are prepared. */
  readonly sources = new Map<ChainNode, Source>()
  readonly configuration: Configuration
  readonly warn: (message: string) => void
  readonly remote: RemoteProgram
  readonly #plan: JobPlan
  readonly #services: JobServices
  readonly #schemas: JobSchemas[] = []

  constructor(plan: JobPlan, configuration: Configuration, services: JobServices, warn: (message: string) => void) {
    this.#plan = plan
    this.configuration = configuration
    this.warn = warn
    this.#services = services
    const { functions, assignShards = null, deadLetters = null } = services
    this.remote = { functions, assignShards, deadLetters }
  }

  get jobName(): string {
    return this.#plan.name
  }

  get clock(): Clock {
    return this.#services.clock
  }

  get print(): (lines: string) => Promise<void> | void {
    return this.#services.print
  }

  async loadFunction(spec: InProcessFunctionSpec, name: string): Promise<LocalFunction> {
    return spec.type === 'local'
      ? (this.localValue(spec.localId, name) as LocalFunction)
      : loadModuleFunction(spec, name)
  }

  localValue(localId: string, name: string): LocalFunction | readonly unknown[] {
    const local = this.#services.locals.get(localId)
    if (local !== undefined) return local
    throw new GraphError(
      `'${name}' refers to '${localId}' of the process that built the graph. Over a bridge a function must be of type 'python' or 'module'.`,
    )
  }

  schemas(name: string): SchemaServices {
    const schemas = new JobSchemas(spec => this.loadFunction(spec, name), this.clock, this.warn)
    this.#schemas.push(schemas)
    return schemas
  }

  feedsRemoteFunction(operator: PlannedOperator): boolean {
    return this.#plan.nodes.some(({ node }) => node.remote !== null && this.#sourceNodeBefore(node) === operator)
  }

  sourceBefore(operator: PlannedOperator): Source | null {
    const node = this.#sourceNodeBefore(operator)
    return node === null ? null : (this.sources.get(node) ?? null)
  }

  /** Closes the schemas of all operators. */
  close(): void {
    for (const schemas of this.#schemas) schemas.close()
  }

  /** The only source from which an operator takes unchanged values, or `null`. */
  #sourceNodeBefore(operator: PlannedOperator): ChainNode | null {
    const before = this.#plan.nodes
      .map(planned => planned.node)
      .filter(
        other =>
          other.chained.some(c => c.node === operator) || other.edges.some(edge => edge.target.head === operator),
      )
    const [only] = before
    if (before.length !== 1 || only === undefined) return null
    if (only.kind.inputs === 0) return only
    return only.passesRecords && only.remote === null ? this.#sourceNodeBefore(only) : null
  }
}
