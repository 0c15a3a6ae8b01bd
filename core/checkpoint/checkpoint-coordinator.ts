/**
 * Triggers checkpoints, gathers what every subtask answers, stores it, and tells everybody once it is safe.
 * One checkpoint at a time. A subtask that has finished counts with the state it finished with. A checkpoint that fails or
 * takes too long is given up; more than the tolerable number in a row fail the job.
 */
import type { Clock } from '../clock.ts'
import { asShardlineError, CheckpointError } from '../errors.ts'
import type { Checkpoint, CheckpointStorage, OperatorCheckpoint } from './checkpoint.ts'
import type { OperatorState } from './operator-state.ts'

export interface CoordinatorOptions {
  /** null: only when asked. */
  readonly intervalMs: number | null
  readonly timeoutMs: number
  readonly minPauseMs: number
  readonly tolerableFailures: number
  readonly retained: number
}

/** What takes part in a checkpoint: one attempt of a job. */
export interface CheckpointedAttempt {
  /** The operators with what is constant about them; asked for at each trigger, enumerators' states included. */
  operators(checkpointId: number): readonly Omit<OperatorCheckpoint, 'subtasks'>[]
  readonly subtasks: readonly CheckpointedSubtask[]
  /** It has failed: what its checkpoints fail of says nothing about checkpoints. */
  readonly failing: boolean
}

export interface CheckpointedSubtask {
  readonly subtask: number
  /** The state by operator id. Rejects if the subtask fails. */
  checkpoint(checkpointId: number): Promise<ReadonlyMap<string, OperatorState | null>>
  notifyCheckpointComplete(checkpointId: number): void
}

export interface CoordinatorListener {
  completed(): void
  /** Too many checkpoints in a row failed. */
  failed(error: unknown): void
}

export interface CheckpointStatistics {
  readonly completed: number
  readonly failed: number
  readonly lastCheckpointId: number | null
  readonly lastPath: string | null
  readonly lastDurationMs: number | null
}

export const NO_CHECKPOINTS: CheckpointStatistics = {
  completed: 0,
  failed: 0,
  lastCheckpointId: null,
  lastPath: null,
  lastDurationMs: null,
}

export class CheckpointCoordinator {
  readonly #storage: CheckpointStorage
  readonly #options: CoordinatorOptions
  readonly #clock: Clock
  readonly #job: { readonly jobName: string; readonly jobId: string }
  readonly #listener: CoordinatorListener
  #attempt: CheckpointedAttempt | null = null
  #nextId: number
  #running: Promise<void> | null = null
  #cancelTimer: (() => void) | null = null
  #failuresInARow = 0
  readonly #kept: number[] = []
  #statistics = NO_CHECKPOINTS

  constructor(
    job: { readonly jobName: string; readonly jobId: string },
    firstId: number,
    storage: CheckpointStorage,
    options: CoordinatorOptions,
    clock: Clock,
    listener: CoordinatorListener,
  ) {
    this.#job = job
    this.#nextId = firstId
    this.#storage = storage
    this.#options = options
    this.#clock = clock
    this.#listener = listener
  }

  get statistics(): CheckpointStatistics {
    return this.#statistics
  }

  start(attempt: CheckpointedAttempt): void {
    this.#attempt = attempt
    this.#failuresInARow = 0
    this.#schedule(this.#options.intervalMs)
  }

  /** Ends the periodic checkpoints and forgets the attempt; one that is under way is waited for with `settle`. */
  stop(): void {
    this.#attempt = null
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  /** Takes one checkpoint now (after the one under way, if any). @throws CheckpointError */
  async trigger(attempt: CheckpointedAttempt): Promise<string> {
    return this.#alone(() => this.#take(attempt))
  }

  /** As `trigger`, for a savepoint: kept apart from the checkpoints, and never removed. null: beside them. */
  async savepoint(attempt: CheckpointedAttempt, directory: string | null): Promise<string> {
    return this.#alone(async () =>
      this.#storage.storeSavepoint(await this.#gatherAll(attempt, this.#nextId++), directory),
    )
  }

  async #alone(take: () => Promise<string>): Promise<string> {
    while (this.#running !== null) await this.#running.catch(() => undefined)
    const taken = take()
    this.#running = taken.then(
      () => undefined,
      () => undefined,
    )
    try {
      return await taken
    } finally {
      this.#running = null
    }
  }

  /** Resolves when no checkpoint is under way. */
  async settle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Removes what this coordinator stored. */
  async removeAll(): Promise<void> {
    await this.#retain(0)
  }

  #schedule(delayMs: number | null): void {
    if (delayMs === null || this.#attempt === null) return
    this.#cancelTimer = this.#clock.schedule(delayMs, () => void this.#periodic(), true)
  }

  async #periodic(): Promise<void> {
    const attempt = this.#attempt
    if (attempt === null) return
    const startedAt = this.#clock.monotonic()
    try {
      await this.trigger(attempt)
      this.#failuresInARow = 0
    } catch (error) {
      if (this.#attempt !== attempt || attempt.failing) return
      if (++this.#failuresInARow > this.#options.tolerableFailures) {
        this.#listener.failed(error)
        return
      }
    }
    if (this.#attempt !== attempt) return
    const spent = this.#clock.monotonic() - startedAt
    this.#schedule(Math.max(this.#options.minPauseMs, (this.#options.intervalMs ?? 0) - spent))
  }

  async #take(attempt: CheckpointedAttempt): Promise<string> {
    const checkpointId = this.#nextId++
    const startedAt = this.#clock.monotonic()
    try {
      const path = await this.#storage.store(await this.#gatherAll(attempt, checkpointId))
      this.#kept.push(checkpointId)
      for (const subtask of attempt.subtasks) subtask.notifyCheckpointComplete(checkpointId)
      this.#statistics = {
        completed: this.#statistics.completed + 1,
        failed: this.#statistics.failed,
        lastCheckpointId: checkpointId,
        lastPath: path,
        lastDurationMs: this.#clock.monotonic() - startedAt,
      }
      this.#listener.completed()
      await this.#retain(this.#options.retained)
      return path
    } catch (error) {
      this.#statistics = { ...this.#statistics, failed: this.#statistics.failed + 1 }
      throw asShardlineError(error)
    }
  }

  async #gatherAll(attempt: CheckpointedAttempt, checkpointId: number): Promise<Checkpoint> {
    const timestampMs = this.#clock.now()
    // Enumerators first: whatever they hand out later is in the readers' snapshots.
    const operators = attempt.operators(checkpointId)
    const states = await this.#bounded(Promise.all(attempt.subtasks.map(s => s.checkpoint(checkpointId))), checkpointId)
    return {
      checkpointId,
      ...this.#job,
      timestampMs,
      operators: operators.map(operator => ({ ...operator, subtasks: gather(operator, attempt.subtasks, states) })),
    }
  }

  /** A checkpoint that cannot be removed is in nobody's way; it is tried again after the next one. */
  async #retain(count: number): Promise<void> {
    while (this.#kept.length > count) {
      try {
        await this.#storage.remove(this.#kept[0]!)
      } catch {
        return
      }
      this.#kept.shift()
    }
  }

  #bounded<T>(states: Promise<T>, checkpointId: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.schedule(this.#options.timeoutMs, () =>
        reject(
          new CheckpointError(
            'CHECKPOINT_FAILED',
            `Checkpoint ${checkpointId} did not complete within ${this.#options.timeoutMs} ms (execution.checkpointing.timeout).`,
          ),
        ),
      )
      states.then(resolve, reject).finally(cancel)
    })
  }
}

function gather(
  { operatorId, parallelism }: Omit<OperatorCheckpoint, 'subtasks'>,
  subtasks: readonly CheckpointedSubtask[],
  states: readonly ReadonlyMap<string, OperatorState | null>[],
): (OperatorState | null)[] {
  const gathered = new Array<OperatorState | null>(parallelism).fill(null)
  subtasks.forEach((s, i) => {
    const state = states[i]!.get(operatorId)
    if (state !== undefined) gathered[s.subtask] = state
  })
  return gathered
}
