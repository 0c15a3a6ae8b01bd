/** What the kinds of process functions have in common: timestamps, watermarks, and state and timers by key. */
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import { described, mapOf } from '../../foundation/shape/shape.ts'
import type { Fields } from '../../foundation/shape/shape.ts'
import { isRemote } from '../../graph/function-spec.ts'
import type { FunctionSpec } from '../../graph/function-spec.ts'
import { payloadType } from '../../graph/transformation.ts'
import type { Transformation } from '../../graph/transformation.ts'
import { PLAIN_RULE } from '../../graph/transformation-kind.ts'
import { functionFields, notHere, remoteCallOf } from '../functions/function-kind.ts'
import type { FunctionTransformation } from '../functions/function-kind.ts'
import { readOwnKeyedState } from '../keyed-state/own-keyed-state.ts'
import type { OperatorKind } from '../operator-kind.ts'
import { ProcessOperator } from './process-operator.ts'
import type { RunnableProcessFunction } from './process-operator.ts'
import type { LocalFunction } from '../job-facilities.ts'

export interface ProcessTransformation extends FunctionTransformation {
  readonly sideOutputs: Readonly<Record<string, PayloadType>>
}

export const processFields = {
  ...functionFields,
  sideOutputs: described('How the values of its side outputs are carried, by tag.', mapOf(payloadType)),
}

/** A transformation whose function may be the engine's own. */
interface OwnOrProgramFunction extends Transformation {
  readonly function: FunctionSpec | null
  readonly output: PayloadType
}

export interface ProcessKindOptions<T extends OwnOrProgramFunction> {
  readonly kind: string
  readonly description: string
  readonly fields: Fields
  readonly inputs?: number
  /** Operators of several kinds keep their state under the same generated ids: they were one kind before. */
  readonly identity?: string
  /** The function sees watermarks and has timers, so that a remote function is called when event time advances. */
  readonly seesTime?: boolean
  /** Makes the function of one subtask. `given`: what the program gave, or `null` when it gave nothing. @throws GraphError */
  readonly makeFunction: (given: LocalFunction | null, t: T) => RunnableProcessFunction
}

export function processKind<T extends OwnOrProgramFunction>(options: ProcessKindOptions<T>): OperatorKind<T> {
  const { kind, description, fields, inputs = 1, identity = kind, seesTime = true, makeFunction } = options
  return {
    kind,
    description,
    fields,
    inputs,
    identity: () => ['function', identity],
    plan(t) {
      const { sideOutputs = {} } = t as Partial<ProcessTransformation>
      const remote = remoteCallOf(t, { needsTimestamps: seesTime, needsWatermarks: seesTime })
      return { ...PLAIN_RULE, name: t.name, output: t.output, sideOutputs, keyedState: true, remote }
    },
    async prepare({ transformation: t, keyed }, job) {
      if (t.function !== null && isRemote(t.function)) throw notHere(t.name)
      const given = t.function === null ? null : await job.loadFunction(t.function, t.name)
      return {
        type: 'operator',
        create(context) {
          const { subtask, parallelism, maxParallelism, taskName, attempt } = context
          const restored = readOwnKeyedState(context, { name: t.name, keyed, encoding: 'v8' })
          const facts = { operatorName: t.name, taskName, subtask, parallelism, maxParallelism, attempt }
          return new ProcessOperator(makeFunction(given, t), { ...facts, keyed, restored }, job.clock)
        },
      }
    },
  }
}
