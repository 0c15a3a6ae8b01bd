/** What a job needs from the process that it runs in. Tests pass their own. */
import type { Clock } from '../../foundation/clock.ts'
import type { Kinds } from '../../graph/transformation-kind.ts'
import type { LocalFunction } from '../../operators/job-facilities.ts'
import type { OperatorKind } from '../../operators/operator-kind.ts'
import type { FunctionRuntime } from '../../operators/function-runtime.ts'
import type { CheckpointStorage } from '../../checkpoint/checkpoint.ts'
import type { ProcessTable } from '../../checkpoint/process-table.ts'
import type { DeadLetterFunction } from '../../operators/dead-letter.ts'
import type { AssignShards } from '../../operators/shard-assigner.ts'

export interface JobServices {
  readonly clock: Clock
  /** Functions and values of this process, by the ids that the graph names them with. */
  readonly locals: ReadonlyMap<string, LocalFunction | readonly unknown[]>
  /** A shard assigner of a program in another language. `null` when none is connected. */
  readonly assignShards?: ((pickle: string) => AssignShards) | null
  /** A dead letter handler of a program in another language. `null` when none is connected. */
  readonly deadLetters?: ((pickle: string) => DeadLetterFunction) | null
  /** Runs functions of another language. `null` when no such program is connected. */
  readonly functions: FunctionRuntime | null
  /** Where the lines of print sinks go. */
  readonly print: (lines: string) => Promise<void> | void
  /** For tests: other processes than those of this machine. */
  readonly processes?: ProcessTable
  /** For tests: another place for checkpoints. */
  readonly checkpointStorage?: CheckpointStorage
  /** For tests: other kinds of operators, or other connectors. */
  readonly kinds?: Kinds<OperatorKind>
}
