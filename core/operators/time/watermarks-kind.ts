/** `watermarks`: gives the records of a stream their timestamps, and the stream its watermarks. */
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { GraphError } from '../../foundation/errors.ts'
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import { isRemote } from '../../graph/function-spec.ts'
import { payloadType } from '../../graph/transformation.ts'
import type { Transformation } from '../../graph/transformation.ts'
import { PLAIN_RULE } from '../../graph/transformation-kind.ts'
import type { RemoteCall } from '../../graph/transformation-kind.ts'
import { watermarkStrategySpec } from '../../graph/watermark-strategy-spec.ts'
import type { WatermarkStrategySpec } from '../../graph/watermark-strategy-spec.ts'
import { notHere } from '../functions/function-kind.ts'
import type { JobFacilities } from '../job-facilities.ts'
import type { OperatorContext, OperatorKind } from '../operator-kind.ts'
import { PeriodicWatermarks } from './periodic-watermarks.ts'
import { WatermarksOperator } from './watermarks-operator.ts'
import type { TimestampAssigner } from './watermarks-operator.ts'

export interface WatermarksTransformation extends Transformation {
  readonly watermarkStrategy: WatermarkStrategySpec
  /** That of its input. */
  readonly output: PayloadType
}

export const watermarksKind: OperatorKind<WatermarksTransformation> = {
  kind: 'watermarks',
  description: 'Gives the records of a stream their timestamps, and the stream its watermarks.',
  fields: { watermarkStrategy: watermarkStrategySpec, output: payloadType },
  inputs: 1,
  identity: ({ watermarkStrategy }) => ['watermarks', watermarkStrategy.type],
  plan(t, inputs) {
    // Without inputs it is part of a source.
    if (t.watermarkStrategy.alignment !== null && inputs.length > 0)
      throw new GraphError(`'${t.name}' asks for watermark alignment, which only the strategy of a source can.`)
    const { name, output } = t
    return { ...PLAIN_RULE, name, output, parallelism: 'input', passesRecords: true, remote: remoteCallOf(t) }
  },
  async prepare({ transformation: { watermarkStrategy: strategy, name }, ofSource }, job) {
    const { timestampAssigner } = strategy
    if (timestampAssigner !== null && isRemote(timestampAssigner)) throw notHere(name)
    const assigner =
      timestampAssigner === null ? null : ((await job.loadFunction(timestampAssigner, name)) as TimestampAssigner)
    return {
      type: 'operator',
      create: context => new WatermarksOperator(assigner, periodicWatermarks(strategy, ofSource, context, job), name),
    }
  },
}

function remoteCallOf({ watermarkStrategy }: WatermarksTransformation): RemoteCall | null {
  const { timestampAssigner } = watermarkStrategy
  if (timestampAssigner === null || !isRemote(timestampAssigner)) return null
  return {
    function: timestampAssigner,
    operation: 'assign_timestamps',
    deserializes: false,
    needsTimestamps: true,
    needsWatermarks: false,
    watermarks: watermarkStrategy,
  }
}

/** `ofSource`: each split of the source has a watermark of its own. */
export function periodicWatermarks(
  strategy: WatermarkStrategySpec,
  ofSource: boolean,
  { activeSplits, pauseOrResumeSplits, alignmentGroup }: OperatorContext,
  { configuration, clock }: JobFacilities,
): PeriodicWatermarks {
  const { alignment } = strategy
  return new PeriodicWatermarks(
    {
      settings: strategy,
      intervalMs: configuration.get(executionOptions.autoWatermarkInterval),
      activeSplits: ofSource ? activeSplits : null,
      alignment:
        alignment === null ? null : { ...alignment, group: alignmentGroup(alignment.group), pauseOrResumeSplits },
    },
    clock,
  )
}
