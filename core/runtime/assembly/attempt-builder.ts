/** Builds the operators of one attempt. */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { AlignmentGroup } from '../../event-time/watermark-alignment.ts'
import type { Operator } from '../../operators/operator.ts'
import type { Source } from '../../operators/source/source.ts'
import type { Chain, ChainNode, FunctionNode, SinkNode, WatermarksNode } from '../plan/job-plan.ts'

export interface AttemptBuilder {
  readonly warn: (message: string) => void
  source(node: ChainNode): Source
  functionOperator(
    node: FunctionNode,
    chain: Chain,
    subtask: number,
    restored: readonly OperatorState[],
    context: OperatorContext,
  ): Operator
  watermarksOperator(node: WatermarksNode, context: OperatorContext): Operator
  sinkOperator(
    node: SinkNode,
    chain: Chain,
    subtask: number,
    restored: readonly OperatorState[],
    context: OperatorContext,
  ): Operator
}

/** What an operator is given beside what it is. */
export interface OperatorContext {
  /** Ends the attempt. */
  readonly fail: (error: unknown) => void
  /** Ids of the splits of the subtask's source whose records still come; none, if another chain feeds it. */
  readonly activeSplits: () => readonly string[]
  readonly pauseOrResumeSplits: (pause: readonly string[], resume: readonly string[]) => void
  readonly alignmentGroup: (name: string) => AlignmentGroup
}
