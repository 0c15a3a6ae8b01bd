/** The operators and attempts of a graph, without a job. */
import { systemClock } from '../../../core/foundation/clock.ts'
import { Configuration } from '../../../core/foundation/config/configuration.ts'
import type { JobGraph } from '../../../core/graph/job-graph.ts'
import type { LocalFunction } from '../../../core/operators/job-facilities.ts'
import { JobOperators } from '../../../core/runtime/assembly/job-operators.ts'
import type { JobServices } from '../../../core/runtime/assembly/job-services.ts'
import { Attempt } from '../../../core/runtime/job/attempt.ts'
import type { AttemptOptions } from '../../../core/runtime/job/attempt.ts'
import { operatorKinds } from '../../../core/runtime/operator-kinds.ts'
import type { JobPlan } from '../../../core/runtime/plan/job-plan.ts'
import { planJob } from '../../../core/runtime/plan/planner.ts'

export interface Prepared {
  readonly plan: JobPlan
  readonly operators: JobOperators
}

export async function prepare(
  graph: JobGraph,
  locals: Readonly<Record<string, LocalFunction>> = {},
  warn: (message: string) => void = () => undefined,
): Promise<Prepared> {
  const services: JobServices = {
    clock: systemClock,
    locals: new Map(Object.entries(locals)),
    functions: null,
    print: () => undefined,
  }
  const plan = planJob(graph, { parallelism: 1, maxParallelism: 128, chaining: true }, operatorKinds)
  const { signal } = new AbortController()
  return { plan, operators: await JobOperators.prepare(plan, new Configuration(), services, { warn, signal }) }
}

export const attemptOf = (prepared: Prepared, overrides: Partial<AttemptOptions> = {}): Attempt =>
  new Attempt({ ...prepared, restored: null, channelCapacity: 4, clock: systemClock, attempt: 0, ...overrides })
