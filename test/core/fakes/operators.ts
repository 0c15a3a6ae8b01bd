/** Single operators, made by their kinds as a job makes them. */
import { Configuration } from '../../../core/foundation/config/configuration.ts'
import type { Clock } from '../../../core/foundation/clock.ts'
import { systemClock } from '../../../core/foundation/clock.ts'
import { AlignmentGroup } from '../../../core/event-time/watermark-alignment.ts'
import type { JobFacilities, LocalFunction } from '../../../core/operators/job-facilities.ts'
import type { OperatorContext } from '../../../core/operators/operator-kind.ts'
import type { Operator } from '../../../core/operators/operator.ts'
import { operatorKinds } from '../../../core/runtime/operator-kinds.ts'
import { NO_SCHEMA_SERVICES } from '../../../schemas/glue/schema-services.ts'
import { functionT } from './graphs.ts'
import type { FunctionT } from './graphs.ts'

/** A job whose only function is this one. */
export const facilitiesWith = (fn: LocalFunction | null, clock: Clock = systemClock): JobFacilities => ({
  jobName: 'job',
  configuration: new Configuration(),
  clock,
  warn: () => undefined,
  print: () => undefined,
  remote: { functions: null, assignShards: null, deadLetters: null },
  loadFunction: async () => fn!,
  localValue: () => fn!,
  schemas: () => NO_SCHEMA_SERVICES,
  feedsRemoteFunction: () => false,
  sourceBefore: () => null,
})

export const operatorContext = (overrides: Partial<OperatorContext> = {}): OperatorContext => ({
  subtask: 0,
  parallelism: 1,
  maxParallelism: 8,
  taskName: 'task',
  attempt: 0,
  restored: [],
  fail: () => undefined,
  warn: () => undefined,
  activeSplits: () => [],
  pauseOrResumeSplits: () => undefined,
  alignmentGroup: () => new AlignmentGroup(),
  ...overrides,
})

/** An operator with a function of this process. */
export async function operatorOf(
  kind: string,
  fn: LocalFunction | null,
  overrides: Partial<FunctionT> & Readonly<Record<string, unknown>> = {},
  options: { readonly keyed?: boolean; readonly clock?: Clock; readonly context?: Partial<OperatorContext> } = {},
): Promise<Operator> {
  const transformation = { ...functionT(1, [], { name: kind, ...overrides, kind }), ...overrides }
  const prepared = await operatorKinds
    .of(transformation)
    .prepare({ transformation, keyed: options.keyed ?? false, ofSource: false }, facilitiesWith(fn, options.clock))
  if (prepared.type === 'source') throw new Error('a source')
  return prepared.create(operatorContext(options.context))
}
