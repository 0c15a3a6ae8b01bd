/** The options of a job, read from its graph and its configuration. All of them are checked before anything runs. */
import os from 'node:os'

import type { CoordinatorOptions } from '../../checkpoint/checkpoint-coordinator.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import { parsePorts } from '../../metrics/prometheus-endpoint.ts'
import type { PlanOptions } from '../plan/job-plan.ts'

export const DEFAULT_CHECKPOINT_DIRECTORY = '.shardline/checkpoints'

export interface CheckpointingOptions extends CoordinatorOptions {
  readonly directory: string
  /** Where savepoints go. `null` for the directory of the checkpoints. */
  readonly savepointDirectory: string | null
  /** `auto`, `latest`, or the path of the checkpoint to start from. `null` to start without a checkpoint. */
  readonly restorePath: string | null
  /** Whether the job starts from a checkpoint with state of operators that it does not have. */
  readonly ignoreUnclaimedState: boolean
  /** Whether the checkpoints of a cancelled job are kept. */
  readonly retainOnCancellation: boolean
}

export interface PrometheusOptions {
  readonly host: string
  readonly ports: readonly [number, number]
}

export interface JobOptions {
  readonly plan: PlanOptions
  readonly checkpointing: CheckpointingOptions
  /** `null` when the job has no endpoint for Prometheus. */
  readonly prometheus: PrometheusOptions | null
  readonly channelCapacity: number
  readonly drainTimeoutMs: number
}

/** @throws ConfigurationError naming the key of an invalid option */
export function jobOptions(graph: JobGraph, configuration: Configuration): JobOptions {
  for (const option of Object.values(executionOptions)) configuration.find<unknown>(option)
  return {
    plan: planOptions(graph, configuration),
    checkpointing: checkpointingOptions(configuration),
    prometheus: prometheusOptions(configuration),
    channelCapacity: configuration.get(executionOptions.channelCapacity),
    drainTimeoutMs: configuration.get(executionOptions.drainTimeout),
  }
}

function planOptions(graph: JobGraph, configuration: Configuration): PlanOptions {
  const maxParallelism = graph.maxParallelism ?? configuration.get(executionOptions.maxParallelism)
  return {
    parallelism:
      graph.parallelism ??
      configuration.find(executionOptions.parallelism) ??
      Math.min(os.availableParallelism(), maxParallelism),
    maxParallelism,
    chaining: configuration.get(executionOptions.chaining),
  }
}

function checkpointingOptions(c: Configuration): CheckpointingOptions {
  return {
    intervalMs: checkpointIntervalMs(c),
    timeoutMs: c.get(executionOptions.checkpointTimeout),
    minPauseMs: c.get(executionOptions.checkpointMinPause),
    tolerableFailures: c.get(executionOptions.tolerableFailures),
    retained: c.get(executionOptions.retainedCheckpoints),
    directory: c.find(executionOptions.checkpointDirectory) ?? DEFAULT_CHECKPOINT_DIRECTORY,
    savepointDirectory: c.find(executionOptions.savepointDirectory),
    restorePath: c.find(executionOptions.restorePath),
    ignoreUnclaimedState: c.get(executionOptions.ignoreUnclaimedState),
    retainOnCancellation: c.get(executionOptions.checkpointRetention) === 'RETAIN_ON_CANCELLATION',
  }
}

/** As in Flink, no value and 0 disable periodic checkpoints, and less than 10 ms is an error. */
function checkpointIntervalMs(configuration: Configuration): number | null {
  const { key } = executionOptions.checkpointInterval
  const intervalMs = configuration.find(executionOptions.checkpointInterval)
  if (intervalMs !== null && intervalMs !== 0 && intervalMs < 10)
    throw new ConfigurationError(
      `${key}: ${intervalMs} ms is too short. Set at least 10 ms, or 0 to disable checkpoints.`,
    )
  return intervalMs === 0 ? null : intervalMs
}

function prometheusOptions(configuration: Configuration): PrometheusOptions | null {
  const ports = configuration.find(executionOptions.prometheusPort)
  if (ports === null) return null
  return {
    host: configuration.get(executionOptions.prometheusHost),
    ports: parsePorts(ports, executionOptions.prometheusPort.key),
  }
}
