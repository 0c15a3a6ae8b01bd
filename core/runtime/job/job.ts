/** A job from its submission to its end. It ends as finished, cancelled or failed. A failure before the first attempt is final. */
import { randomBytes } from 'node:crypto'

import { openCheckpointStorage } from '../../checkpoint/checkpoint-storage.ts'
import { systemProcesses } from '../../checkpoint/process-table.ts'
import { unlessAborted } from '../../foundation/clock.ts'
import { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { asShardlineError, JobError } from '../../foundation/errors.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import type { JobMetrics } from '../../metrics/job-metrics.ts'
import type { PrometheusEndpoint } from '../../metrics/prometheus-endpoint.ts'
import type { ShardExplanation } from '../../operators/source/explain.ts'
import { JobOperators } from '../assembly/job-operators.ts'
import type { JobServices } from '../assembly/job-services.ts'
import { operatorKinds } from '../operator-kinds.ts'
import type { JobPlan } from '../plan/job-plan.ts'
import { planJob } from '../plan/planner.ts'
import type { Attempt } from './attempt.ts'
import { drainObstacles } from './drain-obstacles.ts'
import { JobCheckpointing } from './job-checkpointing.ts'
import { JobExecution } from './job-execution.ts'
import { JobLifecycle } from './job-lifecycle.ts'
import { JobMetricsCollector } from './job-metrics-collector.ts'
import { jobOptions } from './job-options.ts'
import type { JobOptions } from './job-options.ts'
import type { JobListener, JobResult, JobStatus } from './job-status.ts'
import { keyWarnings } from './key-warnings.ts'
import { openPrometheusReporter } from './prometheus-reporter.ts'
import { restartStrategyOf } from './restart-strategy.ts'
import type { RestartStrategy } from './restart-strategy.ts'

export type CancelMode = 'drain' | 'interrupt' | 'now'

export class Job {
  readonly jobId = randomBytes(16).toString('hex')
  readonly name: string
  readonly #configuration: Configuration
  readonly #options: JobOptions
  readonly #services: JobServices
  readonly #plan: JobPlan
  readonly #lifecycle: JobLifecycle
  readonly #checkpointing: JobCheckpointing
  readonly #restarts: RestartStrategy
  readonly #startedAt: number
  readonly #metrics: JobMetricsCollector
  #endpoint: PrometheusEndpoint | null = null
  #operators: JobOperators | null = null
  #execution: JobExecution | null = null
  /** Settles when `start` has ended. `null` when it was not called. */
  #starting: Promise<unknown> | null = null
  /** Aborts when the job is cancelled before it runs. */
  readonly #startCancelled = new AbortController()
  #result: Promise<JobResult> | null = null
  /** The savepoint that the job ends with, and its path once it is complete. `null` when the job ends without one. */
  #finalSavepoint: { readonly directory: string | null; path: string | null } | null = null

  /** @throws ConfigurationError, GraphError if the job cannot run */
  constructor(graph: JobGraph, services: JobServices, listener: JobListener = {}) {
    const configuration = new Configuration(graph.configuration)
    const kinds = services.kinds ?? operatorKinds
    const options = jobOptions(graph, configuration)
    this.name = graph.name
    this.#configuration = configuration
    this.#options = options
    this.#services = services
    this.#plan = planJob(graph, options.plan, kinds)
    this.#lifecycle = new JobLifecycle(this.jobId, listener)
    this.#checkpointing = new JobCheckpointing({ jobName: this.name, jobId: this.jobId }, options.checkpointing, {
      storage:
        services.checkpointStorage ?? openCheckpointStorage(options.checkpointing.directory, graph.name, configuration),
      processes: services.processes ?? systemProcesses,
      clock: services.clock,
      warn: this.#lifecycle.warn,
      completed: () => this.#restarts.checkpointCompleted(),
      fail: error => this.#execution?.fail(error),
    })
    this.#restarts = restartStrategyOf(configuration, this.#checkpointing.enabled, services.clock)
    this.#startedAt = services.clock.monotonic()
    this.#metrics = new JobMetricsCollector(this.#plan)
    for (const warning of keyWarnings(graph, kinds)) this.#lifecycle.warn(warning)
  }

  get status(): JobStatus {
    return this.#lifecycle.status
  }

  /** The location of the checkpoints. `null` when checkpoints are disabled. */
  get checkpointDirectory(): string | null {
    return this.#checkpointing.location
  }

  /** The path of the checkpoint that the job started from. `null` when there is none, and before the job runs. */
  get restoredFrom(): string | null {
    return this.#checkpointing.restoredFrom
  }

  /** The port of the endpoint for Prometheus. `null` when there is none. */
  get prometheusPort(): number | null {
    return this.#endpoint?.port ?? null
  }

  /** How long `cancel('interrupt')` lets the job drain. */
  get drainTimeoutMs(): number {
    return this.#options.drainTimeoutMs
  }

  metrics(): JobMetrics {
    const now = this.#services.clock.monotonic()
    return this.#metrics.collect(
      {
        jobId: this.jobId,
        subtasks: this.#execution?.attempt?.subtasks ?? [],
        checkpoints: this.#checkpointing.statistics,
        unreadShards: this.explain().filter(s => s.alarm).length,
        numRestarts: this.status.attempt,
        uptimeMs: now - this.#startedAt,
      },
      now,
    )
  }

  /** Every known shard: the subtask that reads it and its position, or the reason why it is not read. */
  explain(): ShardExplanation[] {
    return this.#execution?.attempt?.explain() ?? []
  }

  /** Resolves when the job runs. @throws ShardlineError if the job cannot start; its state is then FAILED */
  async start(): Promise<void> {
    const starting = this.#start()
    this.#starting = starting.catch(() => undefined)
    return starting
  }

  /** Settles when the job has ended. Rejects with the failure of the job. */
  result(): Promise<JobResult> {
    if (this.#result === null) throw new JobError('ILLEGAL_STATE', `Job '${this.name}' was not started.`)
    return this.#result
  }

  /**
   * `drain` stops the sources, processes the records that they have emitted, and takes a last checkpoint. `now` ends the job at
   * once. `interrupt`, as for SIGINT and SIGTERM, drains, and ends the job if that exceeds the drain timeout. Resolves when the
   * job has ended.
   */
  async cancel(mode: CancelMode): Promise<void> {
    if (this.#lifecycle.isTerminal) return
    if (mode === 'interrupt') return this.#interrupt()
    if (this.#result === null) await this.#cancelStart()
    else if (!this.#lifecycle.isCancelled() || mode === 'now') {
      this.#lifecycle.cancel(mode)
      this.#execution?.cancel(mode, this.#cancelled())
    }
    await this.#result?.catch(() => undefined)
  }

  /**
   * Stores the state of the running job. The savepoint is never removed automatically.
   * @param directory `null` for the configured directory, or the directory of the checkpoints when none is configured
   * @returns the path of the savepoint
   * @throws CheckpointError; JobError when the job does not run
   */
  async savepoint(directory: string | null = null): Promise<string> {
    const attempt = this.#execution?.attempt ?? null
    if (this.status.state !== 'RUNNING' || attempt === null)
      throw new JobError(
        'ILLEGAL_STATE',
        `Job '${this.name}' is ${this.status.state}: only a running job has a state to save.`,
      )
    return this.#checkpointing.savepoint(attempt, this.#checkpointing.savepointDirectory(directory))
  }

  /** Drains the job and ends it with a savepoint. @returns the path of the savepoint */
  async stopWithSavepoint(directory: string | null = null): Promise<string> {
    if (this.status.state !== 'RUNNING')
      throw new JobError(
        'ILLEGAL_STATE',
        `Job '${this.name}' is ${this.status.state}: only a running job can be stopped.`,
      )
    this.#finalSavepoint = { directory: this.#checkpointing.savepointDirectory(directory), path: null }
    await this.cancel('drain')
    if (this.#finalSavepoint.path !== null) return this.#finalSavepoint.path
    throw (
      this.status.cause ??
      new JobError('JOB_CANCELED', `Job '${this.name}' was cancelled before its savepoint was complete.`)
    )
  }

  async #start(): Promise<void> {
    const { signal } = this.#startCancelled
    const { warn } = this.#lifecycle
    try {
      this.#operators = await JobOperators.prepare(this.#plan, this.#configuration, this.#services, { warn, signal })
      await unlessAborted(
        Promise.all([this.#checkpointing.open(this.#plan, signal), this.#operators.validateSinks(signal)]),
        signal,
      )
      await unlessAborted(this.#checkpointing.prepare(), signal)
      this.#endpoint = await openPrometheusReporter(this.#options.prometheus, this, warn)
      signal.throwIfAborted()
      this.#execution = this.#newExecution(this.#operators)
      await this.#execution.start()
    } catch (error) {
      const cause = asShardlineError(error)
      if (this.#lifecycle.isCancelled()) this.#lifecycle.setState('CANCELED', null)
      else this.#lifecycle.setState('FAILED', cause)
      await this.#close()
      throw cause
    }
    this.#result = this.#run(this.#execution, this.#operators)
    this.#result.catch(() => undefined)
  }

  #newExecution(operators: JobOperators): JobExecution {
    return new JobExecution({
      plan: this.#plan,
      operators,
      channelCapacity: this.#options.channelCapacity,
      checkpointing: this.#checkpointing,
      lifecycle: this.#lifecycle,
      restarts: this.#restarts,
      clock: this.#services.clock,
    })
  }

  async #run(execution: JobExecution, operators: JobOperators): Promise<JobResult> {
    try {
      const result = await execution.run(attempt => this.#finish(attempt, operators))
      if (result !== null) return result
      await this.#checkpointing.removeAfterCancellation()
      return this.#end('CANCELED', operators)
    } finally {
      await this.#close()
    }
  }

  /** All records were processed. Takes the last checkpoint or savepoint, and removes the checkpoints that are not kept. */
  async #finish(attempt: Attempt, operators: JobOperators): Promise<JobResult> {
    const savepoint = this.#finalSavepoint
    if (savepoint !== null) savepoint.path = await this.#checkpointing.savepoint(attempt, savepoint.directory)
    else if (this.#checkpointing.enabled)
      await this.#checkpointing.takeLast(attempt, () => this.#lifecycle.isCancelled())
    // A finished bounded job has nothing to resume. The checkpoints of an unbounded job remain useful.
    if (this.#checkpointing.enabled && operators.bounded && !this.#lifecycle.isCancelled())
      await this.#checkpointing.remove()
    if (this.#lifecycle.isCancelled()) await this.#checkpointing.removeAfterCancellation()
    // As in Flink, a job that was stopped with a savepoint has finished.
    return this.#end(!this.#lifecycle.isCancelled() || savepoint !== null ? 'FINISHED' : 'CANCELED', operators)
  }

  #end(state: 'FINISHED' | 'CANCELED', operators: JobOperators): JobResult {
    this.#lifecycle.setState(state, null)
    const { enabled, retainOnCancellation, statistics } = this.#checkpointing
    const kept = enabled && (state === 'CANCELED' ? retainOnCancellation : !operators.bounded)
    return {
      jobId: this.jobId,
      state,
      netRuntimeMs: Math.round(this.#services.clock.monotonic() - this.#startedAt),
      checkpointPath: this.#finalSavepoint?.path ?? (kept ? statistics.lastPath : null),
    }
  }

  async #close(): Promise<void> {
    this.#endpoint?.close()
    await this.#operators?.dispose()
    await this.#checkpointing.close()
  }

  async #interrupt(): Promise<void> {
    const { drainTimeoutMs } = this
    const cancelTimer = this.#services.clock.schedule(drainTimeoutMs, () => {
      if (this.#lifecycle.isTerminal) return
      this.#lifecycle.warn(
        `Job '${this.name}' is not drained after ${drainTimeoutMs} ms (${executionOptions.drainTimeout.key}). It waits for ${drainObstacles(this.metrics())}. It is ended now.`,
      )
      void this.cancel('now')
    })
    try {
      await this.cancel('drain')
    } finally {
      cancelTimer()
    }
  }

  /** Cancels a job that does not run yet. It has nothing to drain. */
  async #cancelStart(): Promise<void> {
    if (this.#starting === null) return
    this.#lifecycle.cancel('now')
    this.#startCancelled.abort(this.#cancelled())
    this.#execution?.cancel('now', this.#cancelled())
    await this.#starting
  }

  #cancelled(): JobError {
    return new JobError('JOB_CANCELED', `Job '${this.name}' was cancelled.`)
  }
}
