/** What a job needs from the process that it runs in. Tests pass their own. */
import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import type { KinesisStreamsSinkSpec, KinesisStreamsSourceSpec } from '../../graph/job-graph.ts'
import type { LocalFunction } from '../../operators/functions/local-function-operator.ts'
import type { FunctionRuntime } from '../../operators/remote/function-runtime.ts'
import type { CheckpointStorage } from '../../checkpoint/checkpoint.ts'
import type { ProcessTable } from '../../checkpoint/process-table.ts'
import type { DeadLetterFunction } from '../../connectors/dead-letters/dead-letter-destination.ts'
import type { Sink } from '../../operators/sink/sink.ts'
import type { AssignShards } from '../../connectors/kinesis/source/enumerator/shard-assigner.ts'
import type { Source } from '../../operators/source/source.ts'

export interface JobServices {
  readonly clock: Clock
  /** Functions and values of this process, by the ids that the graph names them with. */
  readonly locals: ReadonlyMap<string, LocalFunction | readonly unknown[]>
  /** Asks a shard assigner of another language; null: none is connected. */
  readonly assignShards?: ((pickle: string) => AssignShards) | null
  /** Gives letters to a handler of another language; null: none is connected. */
  readonly deadLetters?: ((pickle: string) => DeadLetterFunction) | null
  /** null: no other language is connected. */
  readonly functions: FunctionRuntime | null
  /** Where the lines of print sinks go. */
  readonly print: (lines: string) => Promise<void> | void
  /** For tests: other processes than those of this machine. */
  readonly processes?: ProcessTable
  /** For tests: another place for checkpoints. */
  readonly checkpointStorage?: CheckpointStorage
  /** For tests: other Kinesis sources and sinks. */
  readonly kinesisSource?: (spec: KinesisStreamsSourceSpec, configuration: Configuration) => Source
  readonly kinesisSink?: (spec: KinesisStreamsSinkSpec, configuration: Configuration) => Sink
}
