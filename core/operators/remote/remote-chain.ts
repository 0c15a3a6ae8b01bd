/** Consecutive functions outside of the engine as one operator: one call for all of them. */
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { GraphError } from '../../foundation/errors.ts'
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import type { RemoteCall } from '../../graph/transformation-kind.ts'
import type { JobFacilities } from '../job-facilities.ts'
import { readOwnKeyedState } from '../keyed-state/own-keyed-state.ts'
import type { OperatorFactory } from '../operator-kind.ts'
import type { PlannedOperator } from '../planned-operator.ts'
import { periodicWatermarks } from '../time/watermarks-kind.ts'
import { RemoteFunctionOperator } from './remote-function-operator.ts'
import type { RemoteOperator } from '../function-runtime.ts'

/** One function of the chain. */
export interface RemoteStep {
  readonly id: number
  readonly uid: string | null
  readonly name: string
  readonly call: RemoteCall
  readonly input: PayloadType
  readonly output: PayloadType
}

/** A barrier waits for the bundles in flight. This is the time within which they should be answered. */
const IN_FLIGHT_MS = 125

/** @throws GraphError if no program of another language is connected */
export function prepareRemoteChain(
  operator: PlannedOperator,
  steps: readonly [RemoteStep, ...RemoteStep[]],
  job: JobFacilities,
): OperatorFactory {
  const { functions } = job.remote
  const [{ name, call: first }] = steps
  const { keyed, ofSource } = operator
  if (functions === null) throw new GraphError(`'${name}' is a Python function, but no Python program is connected.`)
  const strategy = steps.find(s => s.call.watermarks !== null)?.call.watermarks ?? null
  const bundles = {
    bundleSize: job.configuration.get(executionOptions.bundleSize),
    bundlesInFlight: job.configuration.get(executionOptions.bundlesInFlight),
    bundleTimeMs: Math.min(job.configuration.get(executionOptions.bundleTime), IN_FLIGHT_MS),
  }
  return {
    type: 'operator',
    create(context) {
      const { subtask, parallelism, maxParallelism, taskName, attempt, fail } = context
      const poisoned = job.sourceBefore(operator)?.poisonedRecords?.() ?? null
      const request = {
        jobName: job.jobName,
        taskName,
        subtask,
        parallelism,
        maxParallelism,
        attempt,
        mode: first.function.mode,
        keyed,
        timestamps: steps.some(s => s.call.needsTimestamps),
        watermarks: steps.some(s => s.call.needsWatermarks),
        restored: readOwnKeyedState(context, { name, keyed, encoding: 'pickle' }),
        operators: steps.map(step => remoteOperator(step, poisoned !== null)),
      }
      const watermarks = strategy === null ? null : periodicWatermarks(strategy, ofSource, context, job)
      return new RemoteFunctionOperator(functions, request, bundles, job.clock, watermarks, fail, poisoned)
    },
  }
}

function remoteOperator(
  { id, uid, name, call, input, output }: RemoteStep,
  handlesPoisonedRecords: boolean,
): RemoteOperator {
  return {
    id,
    uid,
    name,
    operation: call.operation,
    pickle: call.function.pickle,
    input,
    output,
    deserializes: handlesPoisonedRecords && call.deserializes,
  }
}
