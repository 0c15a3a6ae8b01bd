/**
 * A job from submission to its end: attempts one after the other, each from the latest complete checkpoint, until the job
 * finishes, is cancelled, or its restart strategy gives up. What fails before the first attempt runs is final.
 */
import { randomBytes } from 'node:crypto'
import os from 'node:os'

import type { Checkpoint, CheckpointStorage, StoredCheckpoint } from '../../checkpoint/checkpoint.ts'
import { CheckpointCoordinator } from '../../checkpoint/checkpoint-coordinator.ts'
import { NO_CHECKPOINTS } from '../../metrics/checkpoint-statistics.ts'
import { isNoneComplete } from '../../checkpoint/checkpoint-document.ts'
import { openCheckpointStorage } from '../../checkpoint/checkpoint-storage.ts'
import type { CheckpointLease } from '../../checkpoint/checkpoint-lease.ts'
import { systemProcesses } from '../../checkpoint/process-table.ts'
import { unlessAborted } from '../../foundation/clock.ts'
import { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { maskedMessage } from '../../foundation/config/mask.ts'
import { asShardlineError, CheckpointError, ConfigurationError, JobError, messageOf } from '../../foundation/errors.ts'
import type { ShardlineError } from '../../foundation/errors.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import { Attempt } from './attempt.ts'
import { removeLeftovers, takeLease } from './checkpoint-folder.ts'
import { checkClaimed } from './claimed-state.ts'
import { drainObstacles } from './drain-obstacles.ts'
import { JobOperators } from '../assembly/job-operators.ts'
import { JobMetricsCollector } from './job-metrics-collector.ts'
import type { JobMetrics } from '../../metrics/job-metrics.ts'
import { openPrometheusEndpoint, parsePorts } from '../../metrics/prometheus-endpoint.ts'
import type { PrometheusEndpoint } from '../../metrics/prometheus-endpoint.ts'
import { operatorKinds } from '../operator-kinds.ts'
import { planJob } from '../plan/planner.ts'
import { keyWarnings } from './key-warnings.ts'
import type { JobPlan } from '../plan/job-plan.ts'
import type { JobServices } from '../assembly/job-services.ts'
import { isTerminal } from './job-status.ts'
import type { JobListener, JobResult, JobState, JobStatus } from './job-status.ts'
import type { ShardExplanation } from '../../operators/source/explain.ts'
import { restartStrategyOf } from './restart-strategy.ts'
import type { RestartStrategy } from './restart-strategy.ts'

export const DEFAULT_CHECKPOINT_DIRECTORY = '.shardline/checkpoints'

export type CancelMode = 'drain' | 'interrupt' | 'now'

export class Job {
  readonly jobId = randomBytes(16).toString('hex')
  readonly name: string
  /** null: checkpoints are off. */
  readonly checkpointDirectory: string | null
  /** The checkpoint that the job started from; null: none. Known after `start`. */
  restoredFrom: string | null = null
  readonly #configuration: Configuration
  readonly #plan: JobPlan
  readonly #services: JobServices
  readonly #listener: JobListener
  readonly #storage: CheckpointStorage
  readonly #checkpointing: boolean
  readonly #restarts: RestartStrategy
  readonly #startedAt: number
  readonly #metrics: JobMetricsCollector
  readonly #prometheusPorts: readonly [number, number] | null
  #endpoint: PrometheusEndpoint | null = null
  #operators!: JobOperators
  #coordinator!: CheckpointCoordinator
  /** Of the folder of checkpoints, or null if the job holds no lease. */
  #lease: Promise<CheckpointLease | null> = Promise.resolve(null)
  #attempt: Attempt | null = null
  #status: JobStatus
  #restored: Checkpoint | null = null
  #cancel: 'drain' | 'now' | null = null
  #wakeFromRestart: (() => void) | null = null
  /** Settles when `start` has ended; null: it was not called. */
  #starting: Promise<unknown> | null = null
  /** Aborts when the job is cancelled before it runs. */
  readonly #startCancelled = new AbortController()
  #result: Promise<JobResult> | null = null
  /** Set when the job is to end with a savepoint; its path once that is complete. */
  #finalSavepoint: { readonly directory: string | null; path: string | null } | null = null

  /** @throws ConfigurationError, GraphError if the job cannot run */
  constructor(graph: JobGraph, services: JobServices, listener: JobListener = {}) {
    const configuration = new Configuration(graph.configuration)
    this.#configuration = configuration
    this.#services = services
    this.#listener = listener
    this.name = graph.name
    for (const option of Object.values(executionOptions)) configuration.find<unknown>(option)
    const maxParallelism = graph.maxParallelism ?? configuration.get(executionOptions.maxParallelism)
    const kinds = services.kinds ?? operatorKinds
    const options = {
      parallelism:
        graph.parallelism ??
        configuration.find(executionOptions.parallelism) ??
        Math.min(os.availableParallelism(), maxParallelism),
      maxParallelism,
      chaining: configuration.get(executionOptions.chaining),
    }
    this.#plan = planJob(graph, options, kinds)
    this.#checkpointing = checkpointIntervalMs(configuration) !== null
    this.#storage =
      services.checkpointStorage ??
      openCheckpointStorage(
        configuration.find(executionOptions.checkpointDirectory) ?? DEFAULT_CHECKPOINT_DIRECTORY,
        graph.name,
        configuration,
      )
    this.checkpointDirectory = this.#checkpointing ? this.#storage.location : null
    this.#restarts = restartStrategyOf(configuration, this.#checkpointing, services.clock)
    this.#startedAt = services.clock.monotonic()
    this.#metrics = new JobMetricsCollector(this.#plan)
    const ports = configuration.find(executionOptions.prometheusPort)
    this.#prometheusPorts = ports === null ? null : parsePorts(ports, executionOptions.prometheusPort.key)
    this.#status = { jobId: this.jobId, state: 'CREATED', attempt: 0, cause: null }
    for (const warning of keyWarnings(graph, kinds)) listener.warning?.(warning)
  }

  get status(): JobStatus {
    return this.#status
  }

  metrics(): JobMetrics {
    const now = this.#services.clock.monotonic()
    return this.#metrics.collect(
      {
        jobId: this.jobId,
        subtasks: this.#attempt?.subtasks ?? [],
        checkpoints: (this.#coordinator as CheckpointCoordinator | undefined)?.statistics ?? NO_CHECKPOINTS,
        unreadShards: this.explain().filter(s => s.alarm).length,
        numRestarts: this.#status.attempt,
        uptimeMs: now - this.#startedAt,
      },
      now,
    )
  }

  /** Resolves once the job runs. @throws ShardlineError what kept it from running; the job is FAILED then */
  async start(): Promise<void> {
    const starting = this.#start()
    this.#starting = starting.catch(() => undefined)
    return starting
  }

  async #start(): Promise<void> {
    const { signal } = this.#startCancelled
    try {
      const warn = (message: string): void => this.#listener.warning?.(message)
      this.#operators = await JobOperators.prepare(this.#plan, this.#configuration, this.#services, { warn, signal })
      this.#lease = this.#takeLease(signal)
      await unlessAborted(Promise.all([this.#operators.validateSinks(signal), this.#restore()]), signal)
      this.#coordinator = await unlessAborted(this.#makeCoordinator(), signal)
      await this.#openEndpoint()
      signal.throwIfAborted()
      await this.#startAttempt()
    } catch (error) {
      const cause = asShardlineError(error)
      if (this.#wasCancelled()) this.#setState('CANCELED', null)
      else this.#setState('FAILED', cause)
      this.#endpoint?.close()
      await (this.#operators as JobOperators | undefined)?.dispose()
      await this.#releaseLease()
      throw cause
    }
    this.#result = this.#run()
    this.#result.catch(() => undefined)
  }

  /** Settles when the job has ended. Rejects with what it failed of. */
  result(): Promise<JobResult> {
    if (this.#result === null) throw new JobError('ILLEGAL_STATE', `Job '${this.name}' was not started.`)
    return this.#result
  }

  /** How long `cancel('interrupt')` lets the job drain. */
  get drainTimeoutMs(): number {
    return this.#configuration.get(executionOptions.drainTimeout)
  }

  /**
   * `drain`: stop the sources, work off what they gave, take a last checkpoint. `now`: stop. `interrupt`, as for SIGINT and SIGTERM:
   * drain, and stop if that takes longer than the job allows. Resolves when the job has ended.
   */
  async cancel(mode: CancelMode): Promise<void> {
    if (isTerminal(this.#status.state)) return
    if (mode === 'interrupt') return this.#interrupt()
    if (this.#result === null) await this.#cancelStart()
    else if (this.#cancel === null || mode === 'now') {
      this.#cancel = mode
      this.#setState('CANCELLING', this.#status.cause)
      this.#wakeFromRestart?.()
      if (mode === 'drain') this.#attempt?.stop()
      else this.#attempt?.fail(this.#cancelled())
    }
    await this.#result?.catch(() => undefined)
  }

  async #interrupt(): Promise<void> {
    const { drainTimeoutMs } = this
    const expired = this.#services.clock.schedule(drainTimeoutMs, () => {
      if (isTerminal(this.#status.state)) return
      this.#listener.warning?.(
        `Job '${this.name}' is not drained after ${drainTimeoutMs} ms (${executionOptions.drainTimeout.key}). It waits for ${this.#waitsFor()}. It is ended now.`,
      )
      void this.cancel('now')
    })
    try {
      await this.cancel('drain')
    } finally {
      expired()
    }
  }

  /** What keeps a job from having drained, in words. */
  #waitsFor(): string {
    const unfinished = drainObstacles(this.metrics())
    return unfinished.length === 0 ? 'records on their way, or for its last checkpoint' : unfinished.join('; and for ')
  }

  /** There is nothing to drain yet. */
  async #cancelStart(): Promise<void> {
    if (this.#starting === null) return
    this.#cancel = 'now'
    this.#setState('CANCELLING', null)
    this.#startCancelled.abort(this.#cancelled())
    this.#attempt?.fail(this.#cancelled())
    await this.#starting
  }

  #cancelled(): JobError {
    return new JobError('JOB_CANCELED', `Job '${this.name}' was cancelled.`)
  }

  /**
   * Stores the state of the running job in a folder that nobody removes, and gives its path. `directory` null: as configured,
   * else beside the checkpoints. @throws CheckpointError; JobError while the job does not run
   */
  async savepoint(directory: string | null = null): Promise<string> {
    const attempt = this.#attempt
    if (this.#status.state !== 'RUNNING' || attempt === null)
      throw new JobError(
        'ILLEGAL_STATE',
        `Job '${this.name}' is ${this.#status.state}: only a running job has a state to save.`,
      )
    return this.#coordinator.savepoint(attempt, this.#savepointDirectory(directory))
  }

  /** Stops the sources, works off what they gave, and gives the path of a savepoint with nothing in flight. */
  async stopWithSavepoint(directory: string | null = null): Promise<string> {
    if (this.#status.state !== 'RUNNING')
      throw new JobError(
        'ILLEGAL_STATE',
        `Job '${this.name}' is ${this.#status.state}: only a running job can be stopped.`,
      )
    this.#finalSavepoint = { directory: this.#savepointDirectory(directory), path: null }
    await this.cancel('drain')
    if (this.#finalSavepoint.path !== null) return this.#finalSavepoint.path
    throw (
      this.#status.cause ??
      new JobError('JOB_CANCELED', `Job '${this.name}' was cancelled before its savepoint was complete.`)
    )
  }

  /** Every shard that the job knows: who reads it and how far, or why nobody does. */
  explain(): ShardExplanation[] {
    return this.#attempt?.explain() ?? []
  }

  #savepointDirectory(directory: string | null): string | null {
    return directory ?? this.#configuration.find(executionOptions.savepointDirectory)
  }

  async #run(): Promise<JobResult> {
    try {
      return await this.#runAttempts()
    } finally {
      this.#endpoint?.close()
      await this.#operators.dispose()
      await this.#releaseLease()
    }
  }

  async #runAttempts(): Promise<JobResult> {
    for (;;) {
      const attempt = this.#attempt!
      try {
        await attempt.done
        return await this.#finish(attempt)
      } catch (error) {
        this.#coordinator.stop()
        await this.#coordinator.settle()
        if (this.#cancel === 'now') {
          await this.#removeIfCancelled()
          return this.#end('CANCELED')
        }
        if (!(await this.#restart(asShardlineError(error)))) {
          await this.#removeIfCancelled()
          return this.#end('CANCELED')
        }
      }
    }
  }

  async #finish(attempt: Attempt): Promise<JobResult> {
    this.#coordinator.stop()
    await this.#coordinator.settle()
    const savepoint = this.#finalSavepoint
    if (savepoint !== null) savepoint.path = await this.#coordinator.savepoint(attempt, savepoint.directory)
    else if (this.#checkpointing) await this.#lastCheckpoint(attempt)
    // A bounded job that is through can be resumed nowhere; what an endless one left off at stays good.
    if (this.#checkpointing && this.#operators.bounded && this.#cancel === null) await this.#removeCheckpoints()
    if (this.#cancel !== null) await this.#removeIfCancelled()
    // Flink's word: a job that was stopped with a savepoint has finished, and its program goes on.
    return this.#end(this.#cancel === null || savepoint !== null ? 'FINISHED' : 'CANCELED')
  }

  /** @throws CheckpointError that says what is still there to go on from */
  async #lastCheckpoint(attempt: Attempt): Promise<void> {
    const { lastPath } = this.#coordinator.statistics
    try {
      await this.#coordinator.trigger(attempt)
    } catch (error) {
      const { message, code } = asShardlineError(error)
      if (this.#cancel === null || code !== 'CHECKPOINT_FAILED') throw error
      const newest = lastPath ?? this.restoredFrom
      throw new CheckpointError(
        'CHECKPOINT_FAILED',
        `${message} Everything was worked off, but the last checkpoint is missing: ${
          newest === null
            ? 'there is no older one, so the next run reads everything again.'
            : `the next run reads again what came after the newest complete one, ${newest}. To start from it: shardline run --restore '${newest}' ... (execution.state-recovery.path)`
        }`,
        { cause: error },
      )
    }
  }

  async #removeIfCancelled(): Promise<void> {
    if (this.#keepsWhenCancelled) return
    await this.#removeCheckpoints()
  }

  /** Not those that another run may have started from. */
  async #removeCheckpoints(): Promise<void> {
    try {
      await (await this.#lease)?.check()
    } catch {
      return
    }
    await this.#coordinator.removeAll()
  }

  get #keepsWhenCancelled(): boolean {
    return this.#configuration.get(executionOptions.checkpointRetention) === 'RETAIN_ON_CANCELLATION'
  }

  #end(state: 'FINISHED' | 'CANCELED'): JobResult {
    this.#setState(state, null)
    const { jobId } = this
    const kept = this.#checkpointing && (state === 'CANCELED' ? this.#keepsWhenCancelled : !this.#operators.bounded)
    const checkpointPath = this.#finalSavepoint?.path ?? (kept ? this.#coordinator.statistics.lastPath : null)
    return {
      jobId,
      state,
      netRuntimeMs: Math.round(this.#services.clock.monotonic() - this.#startedAt),
      checkpointPath,
    }
  }

  /**
   * Waits and starts the next attempt, until one runs, or until the job was cancelled (false).
   * @throws the failure when the strategy gives up, or when it befell a job that was draining
   */
  async #restart(failure: ShardlineError): Promise<boolean> {
    let cause = failure
    for (;;) {
      const delayMs = this.#cancel === null ? this.#restarts.delayAfter(cause) : null
      if (delayMs === null) {
        this.#setState('FAILED', cause)
        throw cause
      }
      this.#setState('RESTARTING', cause)
      this.#listener.warning?.(
        `Attempt ${this.#status.attempt} failed, restarting in ${Math.round(delayMs)} ms: ${cause.message}`,
      )
      await new Promise<void>(resolve => {
        const stop = this.#services.clock.schedule(delayMs, resolve)
        this.#wakeFromRestart = () => {
          stop()
          resolve()
        }
      })
      this.#wakeFromRestart = null
      if (this.#wasCancelled()) return false
      this.#status = { ...this.#status, attempt: this.#status.attempt + 1 }
      try {
        await (await this.#lease)?.check()
        await this.#loadLatest()
        await this.#startAttempt()
        return true
      } catch (error) {
        if (this.#wasCancelled()) return false
        cause = asShardlineError(error)
      }
    }
  }

  async #startAttempt(): Promise<void> {
    const attempt = new Attempt({
      plan: this.#plan,
      operators: this.#operators,
      restored: this.#restored,
      channelCapacity: this.#configuration.get(executionOptions.channelCapacity),
      clock: this.#services.clock,
      attempt: this.#status.attempt,
    })
    this.#attempt = attempt
    await attempt.start()
    if (this.#wasCancelled()) {
      attempt.stop()
      return
    }
    this.#setState('RUNNING', null)
    this.#coordinator.start(attempt)
  }

  /** A cancellation may come during any wait. */
  #wasCancelled(): boolean {
    return this.#cancel !== null
  }

  /** Where Prometheus finds the metrics; null: nowhere. */
  get prometheusPort(): number | null {
    return this.#endpoint?.port ?? null
  }

  async #openEndpoint(): Promise<void> {
    if (this.#prometheusPorts === null) return
    const host = this.#configuration.get(executionOptions.prometheusHost)
    try {
      this.#endpoint = await openPrometheusEndpoint({ host, ports: this.#prometheusPorts, jobName: this.name }, () =>
        this.metrics(),
      )
    } catch (error) {
      this.#listener.warning?.(
        `No metrics for Prometheus (${executionOptions.prometheusPort.key}): ${maskedMessage(messageOf(error))}.`,
      )
    }
  }

  async #makeCoordinator(): Promise<CheckpointCoordinator> {
    const c = this.#configuration
    const options = {
      intervalMs: checkpointIntervalMs(c),
      timeoutMs: c.get(executionOptions.checkpointTimeout),
      minPauseMs: c.get(executionOptions.checkpointMinPause),
      tolerableFailures: c.get(executionOptions.tolerableFailures),
      retained: c.get(executionOptions.retainedCheckpoints),
    }
    const lease = await this.#lease
    const firstId = (this.#checkpointing ? await this.#storage.lastCheckpointId() : 0) + 1
    if (lease !== null) await removeLeftovers(this.#storage, message => this.#listener.warning?.(message))
    const job = { jobName: this.name, jobId: this.jobId }
    return new CheckpointCoordinator({
      job,
      firstId,
      storage: this.#storage,
      options,
      clock: this.#services.clock,
      listener: {
        completed: () => this.#restarts.checkpointCompleted(),
        beforeComplete: async () => lease?.check(),
        warn: message => this.#listener.warning?.(message),
        failed: error => this.#attempt?.fail(error),
      },
    })
  }

  async #takeLease(signal: AbortSignal): Promise<CheckpointLease | null> {
    if (!this.#checkpointing) return null
    const restored = this.#configuration.find(executionOptions.restorePath)
    return takeLease(
      this.#storage,
      { runId: this.jobId, jobName: this.name, restoredFrom: restored === 'latest' ? null : restored },
      {
        processes: this.#services.processes ?? systemProcesses,
        clock: this.#services.clock,
        warn: message => this.#listener.warning?.(message),
        onLost: error => this.#attempt?.fail(error),
        signal,
      },
    )
  }

  async #releaseLease(): Promise<void> {
    await (await this.#lease.catch(() => null))?.release()
  }

  async #restore(): Promise<void> {
    await this.#lease // what is newest is known only when nothing else writes
    const path = this.#configuration.find(executionOptions.restorePath)
    if (path === null) return
    const stored = path === 'auto' ? await this.#latestIfAny() : await this.#storage.load(path)
    if (stored === null) return
    const { checkpoint, path: found } = stored
    if (!this.#configuration.get(executionOptions.ignoreUnclaimedState)) checkClaimed(checkpoint, found, this.#plan)
    this.#restored = checkpoint
    this.restoredFrom = found
  }

  /** `null` when the job has none: it starts from the beginning. */
  async #latestIfAny(): Promise<StoredCheckpoint | null> {
    try {
      return await this.#storage.load('latest')
    } catch (error) {
      if (isNoneComplete(error)) return null
      throw error
    }
  }

  /** The newest checkpoint of this run, or what the job was started from. */
  async #loadLatest(): Promise<void> {
    const { lastPath } = this.#coordinator.statistics
    if (lastPath !== null) this.#restored = (await this.#storage.load(lastPath)).checkpoint
  }

  #setState(state: JobState, cause: ShardlineError | null): void {
    this.#status = { ...this.#status, state, cause }
    this.#listener.status?.(this.#status)
  }
}

/** Flink's rules: 0 turns checkpoints off, as no value does, and less than 10 ms is a mistake. */
function checkpointIntervalMs(configuration: Configuration): number | null {
  const { key } = executionOptions.checkpointInterval
  const intervalMs = configuration.find(executionOptions.checkpointInterval)
  if (intervalMs !== null && intervalMs !== 0 && intervalMs < 10)
    throw new ConfigurationError(`${key}: ${intervalMs} ms is too short; give at least 10 ms, or 0 for no checkpoints.`)
  return intervalMs === 0 ? null : intervalMs
}
