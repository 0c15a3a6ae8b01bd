/**
 * The checkpoints of one job, from its start to its end: the lease of their directory, the checkpoint that the job starts from,
 * periodic checkpoints, savepoints, and the removal of checkpoints that are not kept.
 */
import { CheckpointCoordinator } from '../../checkpoint/checkpoint-coordinator.ts'
import type { CheckpointedAttempt } from '../../checkpoint/checkpoint-gathering.ts'
import { isNoneComplete } from '../../checkpoint/checkpoint-document.ts'
import type { CheckpointLease } from '../../checkpoint/checkpoint-lease.ts'
import type { Checkpoint, CheckpointStorage, StoredCheckpoint } from '../../checkpoint/checkpoint.ts'
import type { ProcessTable } from '../../checkpoint/process-table.ts'
import type { Clock } from '../../foundation/clock.ts'
import { asShardlineError, CheckpointError } from '../../foundation/errors.ts'
import { NO_CHECKPOINTS } from '../../metrics/checkpoint-statistics.ts'
import type { CheckpointStatistics } from '../../metrics/checkpoint-statistics.ts'
import type { JobPlan } from '../plan/job-plan.ts'
import { removeLeftovers, takeLease } from './checkpoint-folder.ts'
import { checkClaimed } from './claimed-state.ts'
import type { CheckpointingOptions } from './job-options.ts'

export interface CheckpointingServices {
  readonly storage: CheckpointStorage
  readonly processes: ProcessTable
  readonly clock: Clock
  readonly warn: (message: string) => void
  /** Called when a checkpoint is complete. */
  readonly completed: () => void
  /** Called when the job cannot go on: it has lost its lease, or too many checkpoints in a row have failed. */
  readonly fail: (error: unknown) => void
}

export class JobCheckpointing {
  readonly #job: { readonly jobName: string; readonly jobId: string }
  readonly #options: CheckpointingOptions
  readonly #services: CheckpointingServices
  /** The lease of the checkpoints' directory. `null` when the job has none. */
  #lease: Promise<CheckpointLease | null> = Promise.resolve(null)
  #coordinator: CheckpointCoordinator | null = null
  #restored: Checkpoint | null = null
  #restoredFrom: string | null = null

  constructor(
    job: { readonly jobName: string; readonly jobId: string },
    options: CheckpointingOptions,
    services: CheckpointingServices,
  ) {
    this.#job = job
    this.#options = options
    this.#services = services
  }

  /** Whether the job takes periodic checkpoints. */
  get enabled(): boolean {
    return this.#options.intervalMs !== null
  }

  /** The location of the checkpoints. `null` when periodic checkpoints are disabled. */
  get location(): string | null {
    return this.enabled ? this.#services.storage.location : null
  }

  /** The checkpoint that the next attempt starts from. `null` when it starts without one. */
  get restored(): Checkpoint | null {
    return this.#restored
  }

  /** The path of the checkpoint that the job started from. `null` when it started without one. */
  get restoredFrom(): string | null {
    return this.#restoredFrom
  }

  get retainOnCancellation(): boolean {
    return this.#options.retainOnCancellation
  }

  get statistics(): CheckpointStatistics {
    return this.#coordinator?.statistics ?? NO_CHECKPOINTS
  }

  /**
   * Takes the lease and loads the checkpoint that the job starts from.
   * @throws ShardlineError when another run writes to the directory, or when the checkpoint cannot be used
   */
  async open(plan: JobPlan, signal: AbortSignal): Promise<void> {
    this.#lease = this.#takeLease(signal)
    await this.#lease // The newest checkpoint is known only when no other run writes.
    const { restorePath, ignoreUnclaimedState } = this.#options
    if (restorePath === null) return
    const stored = restorePath === 'auto' ? await this.#latest() : await this.#services.storage.load(restorePath)
    if (stored === null) return
    if (!ignoreUnclaimedState) checkClaimed(stored.checkpoint, stored.path, plan)
    this.#restored = stored.checkpoint
    this.#restoredFrom = stored.path
  }

  /** Removes the remains of failed checkpoints and creates the coordinator. Call it after `open`, when the job can start. */
  async prepare(): Promise<void> {
    const { storage, clock, warn, completed, fail } = this.#services
    const lease = await this.#lease
    const firstId = (this.enabled ? await storage.lastCheckpointId() : 0) + 1
    if (lease !== null) await removeLeftovers(storage, warn)
    this.#coordinator = new CheckpointCoordinator({
      job: this.#job,
      firstId,
      storage,
      options: this.#options,
      clock,
      listener: { completed, beforeComplete: async () => lease?.check(), warn, failed: fail },
    })
  }

  /** Starts the periodic checkpoints of an attempt. */
  start(attempt: CheckpointedAttempt): void {
    this.#prepared.start(attempt)
  }

  /** Stops periodic checkpoints. Resolves when no checkpoint is in progress. */
  async stop(): Promise<void> {
    this.#prepared.stop()
    await this.#prepared.settle()
  }

  /** Checks the lease and loads the newest checkpoint of this run, if there is one, for the next attempt. */
  async restoreLatest(): Promise<void> {
    await (await this.#lease)?.check()
    const { lastPath } = this.statistics
    if (lastPath !== null) this.#restored = (await this.#services.storage.load(lastPath)).checkpoint
  }

  savepointDirectory(requested: string | null): string | null {
    return requested ?? this.#options.savepointDirectory
  }

  /** Stores a savepoint. @returns its path @throws CheckpointError */
  savepoint(attempt: CheckpointedAttempt, directory: string | null): Promise<string> {
    return this.#prepared.savepoint(attempt, directory)
  }

  /** Takes the last checkpoint of a drained job. @throws CheckpointError that names the newest checkpoint there is */
  async takeLast(attempt: CheckpointedAttempt, isCancelled: () => boolean): Promise<void> {
    const { lastPath } = this.statistics
    try {
      await this.#prepared.trigger(attempt)
    } catch (error) {
      const { message, code } = asShardlineError(error)
      if (!isCancelled() || code !== 'CHECKPOINT_FAILED') throw error
      const newest = lastPath ?? this.#restoredFrom
      throw new CheckpointError(
        'CHECKPOINT_FAILED',
        `${message} All records were processed, but the last checkpoint is missing: ${
          newest === null
            ? 'there is no older one, so the next run reads everything again.'
            : `the next run reads again what came after the newest complete one, ${newest}. To start from it: shardline run --restore '${newest}' ... (execution.state-recovery.path)`
        }`,
        { cause: error },
      )
    }
  }

  /** Removes the checkpoints of a cancelled job, unless they are retained. */
  async removeAfterCancellation(): Promise<void> {
    if (!this.#options.retainOnCancellation) await this.remove()
  }

  /** Removes the checkpoints of this run. Keeps them when the lease is lost, because another run may have started from them. */
  async remove(): Promise<void> {
    try {
      await (await this.#lease)?.check()
    } catch {
      return
    }
    await this.#prepared.removeAll()
  }

  /** Releases the lease. */
  async close(): Promise<void> {
    await (await this.#lease.catch(() => null))?.release()
  }

  get #prepared(): CheckpointCoordinator {
    if (this.#coordinator === null) throw new Error('The checkpoints of this job are not prepared.')
    return this.#coordinator
  }

  async #takeLease(signal: AbortSignal): Promise<CheckpointLease | null> {
    if (!this.enabled) return null
    const { storage, processes, clock, warn, fail } = this.#services
    const { restorePath } = this.#options
    const { jobId, jobName } = this.#job
    return takeLease(
      storage,
      { runId: jobId, jobName, restoredFrom: restorePath === 'latest' ? null : restorePath },
      { processes, clock, warn, onLost: fail, signal },
    )
  }

  /** The newest complete checkpoint. `null` when there is none. */
  async #latest(): Promise<StoredCheckpoint | null> {
    try {
      return await this.#services.storage.load('latest')
    } catch (error) {
      if (isNoneComplete(error)) return null
      throw error
    }
  }
}
