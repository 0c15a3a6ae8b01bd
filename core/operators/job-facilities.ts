/** What the operators of a job need from the job and from the process that it runs in. */
import type { Clock } from '../foundation/clock.ts'
import type { Configuration } from '../foundation/config/configuration.ts'
import type { InProcessFunctionSpec } from '../graph/function-spec.ts'
import type { SchemaServices } from '../../schemas/glue/schema-services.ts'
import type { PlannedOperator } from './planned-operator.ts'
import type { FunctionRuntime } from './function-runtime.ts'
import type { DeadLetterFunction } from './dead-letter.ts'
import type { AssignShards } from './shard-assigner.ts'
import type { Source } from './source.ts'

/** A function of this process. */
export type LocalFunction = (value: never, ...rest: never[]) => unknown

export interface JobFacilities {
  readonly jobName: string
  readonly configuration: Configuration
  readonly clock: Clock
  readonly warn: (message: string) => void
  /** Where the lines of print sinks go. */
  readonly print: (lines: string) => Promise<void> | void
  readonly remote: RemoteProgram
  /** `name`: the operator's name, for messages. @throws GraphError */
  loadFunction(spec: InProcessFunctionSpec, name: string): Promise<LocalFunction>
  /** A value of this process that the program registered. @throws GraphError */
  localValue(localId: string, name: string): LocalFunction | readonly unknown[]
  /** What the schemas of one operator need. They are closed with the job. */
  schemas(name: string): SchemaServices
  /** Whether a function outside of the engine takes the operator's values unchanged. */
  feedsRemoteFunction(operator: PlannedOperator): boolean
  /** The source whose values the operator takes unchanged, or `null`. */
  sourceBefore(operator: PlannedOperator): Source | null
}

/** A program of another language that is connected to the engine. Each is `null` when none is connected. */
export interface RemoteProgram {
  /** Runs functions of operators, in bundles. */
  readonly functions: FunctionRuntime | null
  /** A shard assigner of the program, from its pickle. */
  readonly assignShards: ((pickle: string) => AssignShards) | null
  /** A dead letter handler of the program, from its pickle. */
  readonly deadLetters: ((pickle: string) => DeadLetterFunction) | null
}
