/**
 * A kind of operator: how it is described and planned (`TransformationKind`), and what creates the operators that run. Adding
 * one is described in `core/README.md`.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { AlignmentGroup } from '../event-time/watermark-alignment.ts'
import type { Transformation } from '../graph/transformation.ts'
import type { TransformationKind } from '../graph/transformation-kind.ts'
import type { JobFacilities } from './job-facilities.ts'
import type { PlannedOperator } from './planned-operator.ts'
import type { Operator } from './operator.ts'
import type { Source } from './source.ts'
import type { StartContext } from '../aws/service/stream-readiness.ts'

export interface OperatorKind<T extends Transformation = Transformation> extends TransformationKind<T> {
  /** Called once a job, before the first attempt. @throws ShardlineError if the operator cannot run here */
  prepare(operator: PlannedOperator<T>, job: JobFacilities): Promise<PreparedOperator>
}

/** Lives as long as the job. It creates a source, or the operator of each subtask in each attempt. */
export type PreparedOperator = PreparedSource | OperatorFactory

export interface PreparedSource {
  readonly type: 'source'
  readonly source: Source
}

export interface OperatorFactory {
  readonly type: 'operator'
  create(context: OperatorContext): Operator
  /** Checks the destination before the first attempt. */
  validate?(context: StartContext): Promise<void>
}

/** What the operator of one subtask gets, beside what it is. */
export interface OperatorContext {
  readonly subtask: number
  readonly parallelism: number
  readonly maxParallelism: number
  /** The name of the chain. */
  readonly taskName: string
  /** From 0. It grows with each restart. */
  readonly attempt: number
  /** The state that all subtasks of the operator stored in the checkpoint, however many there were. */
  readonly restored: readonly OperatorState[]
  /** Ends the attempt. */
  readonly fail: (error: unknown) => void
  readonly warn: (message: string) => void
  /** Ids of the splits of the subtask's source whose records still come. Empty when another chain feeds the operator. */
  readonly activeSplits: () => readonly string[]
  readonly pauseOrResumeSplits: (pause: readonly string[], resume: readonly string[]) => void
  readonly alignmentGroup: (name: string) => AlignmentGroup
}

/** The part of list state that belongs to a subtask: it is dealt out in turn, whatever the parallelism was. */
export const listStateOf = ({ restored, subtask, parallelism }: OperatorContext): readonly OperatorState[] =>
  restored.filter((_, i) => i % parallelism === subtask)
