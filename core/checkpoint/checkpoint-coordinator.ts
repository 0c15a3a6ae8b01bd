/**
 * Triggers checkpoints, gathers the state of every subtask, stores it, and notifies the subtasks when it is stored. One checkpoint
 * runs at a time. A subtask that has finished contributes the state with which it finished. A checkpoint that fails or takes too
 * long is given up and leaves nothing behind. If more than the tolerable number fail in a row, the job fails.
 */
import type { Clock } from '../foundation/clock.ts'
import { asShardlineError, CheckpointError } from '../foundation/errors.ts'
import type { Checkpoint, CheckpointStorage } from './checkpoint.ts'
import { gatherCheckpoint, namesOf } from './checkpoint-gathering.ts'
import type { CheckpointedAttempt } from './checkpoint-gathering.ts'
import { CheckpointFailures } from './checkpoint-failures.ts'
import { NO_CHECKPOINTS } from '../metrics/checkpoint-statistics.ts'
import type { CheckpointStatistics } from '../metrics/checkpoint-statistics.ts'

export interface CoordinatorOptions {
  /** `null`: checkpoints are taken only by `trigger`. */
  readonly intervalMs: number | null
  readonly timeoutMs: number
  readonly minPauseMs: number
  readonly tolerableFailures: number
  readonly retained: number
}

export interface CoordinatorListener {
  completed(): void
  /** Called before a checkpoint becomes complete. Rejects if another run of the job has taken over the folder. */
  beforeComplete(): Promise<void>
  /** A checkpoint has failed, and the job goes on. */
  warn(message: string): void
  /** Too many checkpoints in a row have failed. */
  failed(error: unknown): void
}

export interface CoordinatorParts {
  readonly job: { readonly jobName: string; readonly jobId: string }
  /** The id of the next checkpoint. */
  readonly firstId: number
  readonly storage: CheckpointStorage
  readonly options: CoordinatorOptions
  readonly clock: Clock
  readonly listener: CoordinatorListener
}

export class CheckpointCoordinator {
  readonly #storage: CheckpointStorage
  readonly #options: CoordinatorOptions
  readonly #clock: Clock
  readonly #job: CoordinatorParts['job']
  readonly #listener: CoordinatorListener
  #attempt: CheckpointedAttempt | null = null
  #nextId: number
  #running: Promise<void> | null = null
  #cancelTimer: (() => void) | null = null
  readonly #failures: CheckpointFailures
  /** A write that has passed the timeout and has not ended. */
  #abandonedWrite: Promise<void> | null = null
  readonly #kept: number[] = []
  #statistics = NO_CHECKPOINTS

  constructor({ job, firstId, storage, options, clock, listener }: CoordinatorParts) {
    this.#job = job
    this.#nextId = firstId
    this.#storage = storage
    this.#options = options
    this.#clock = clock
    this.#listener = listener
    this.#failures = new CheckpointFailures(clock, message => listener.warn(message))
  }

  get statistics(): CheckpointStatistics {
    return this.#statistics
  }

  start(attempt: CheckpointedAttempt): void {
    this.#attempt = attempt
    this.#failures.reset()
    this.#schedule(this.#options.intervalMs)
  }

  /** Ends the periodic checkpoints and forgets the attempt. `settle` waits for a checkpoint in progress. */
  stop(): void {
    this.#attempt = null
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  /** Takes one checkpoint now, or after the one in progress. Resolves to its path. @throws CheckpointError */
  async trigger(attempt: CheckpointedAttempt): Promise<string> {
    return this.#alone(() => this.#take(attempt))
  }

  /** Like `trigger`, but for a savepoint, which is never removed. `null`: the savepoint is stored beside the checkpoints. */
  async savepoint(attempt: CheckpointedAttempt, directory: string | null): Promise<string> {
    return this.#alone(() =>
      this.#write(attempt, this.#nextId++, directory ?? 'beside', (checkpoint, beforeComplete) =>
        this.#storage.storeSavepoint(checkpoint, directory, beforeComplete),
      ),
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

  /** Resolves when no checkpoint is in progress. */
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
      this.#failures.reset()
    } catch (error) {
      if (this.#attempt !== attempt || attempt.failing) return
      if (this.#failures.add() > this.#options.tolerableFailures) {
        this.#listener.failed(error)
        return
      }
      this.#failures.warn(asShardlineError(error).message, this.#statistics)
    }
    if (this.#attempt !== attempt) return
    const spent = this.#clock.monotonic() - startedAt
    this.#schedule(Math.max(this.#options.minPauseMs, (this.#options.intervalMs ?? 0) - spent))
  }

  async #take(attempt: CheckpointedAttempt): Promise<string> {
    const checkpointId = this.#nextId++
    const startedAt = this.#clock.monotonic()
    try {
      const path = await this.#write(attempt, checkpointId, null, (checkpoint, beforeComplete) =>
        this.#storage.store(checkpoint, beforeComplete),
      )
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

  /** Gathers and stores a checkpoint or savepoint within the timeout. */
  async #write(
    attempt: CheckpointedAttempt,
    checkpointId: number,
    savepointDirectory: string | null,
    store: (checkpoint: Checkpoint, beforeComplete: () => Promise<void>) => Promise<string>,
  ): Promise<string> {
    const place =
      savepointDirectory === null || savepointDirectory === 'beside' ? this.#storage.location : savepointDirectory
    if (this.#abandonedWrite !== null)
      throw failed(`Checkpoint ${checkpointId} was not started: an earlier one is still being written to ${place}.`)
    const what = `Checkpoint ${checkpointId} did not complete within ${this.#options.timeoutMs} ms (execution.checkpointing.timeout)`
    const missing = new Set(attempt.subtasks)
    let givenUp = false
    let writing: Promise<string> | null = null
    const work = async (): Promise<string> => {
      const checkpoint = await gatherCheckpoint(
        attempt,
        {
          checkpointId,
          ...this.#job,
          timestampMs: this.#clock.now(),
        },
        missing,
      )
      if (givenUp) throw failed(`${what}.`)
      writing = store(checkpoint, async () => {
        // A savepoint has a folder of its own.
        if (savepointDirectory === null) await this.#listener.beforeComplete()
        if (givenUp) throw failed(`${what}.`)
      })
      return writing
    }
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.schedule(this.#options.timeoutMs, () => {
        givenUp = true
        if (writing === null) {
          reject(failed(`${what}: no state came from ${namesOf(missing)}.`))
          return
        }
        // If the write still completes, it must not become a checkpoint of the job: nothing was acknowledged for it.
        const late = savepointDirectory === null ? () => this.#storage.remove(checkpointId) : () => undefined
        const abandoned: Promise<void> = writing.then(late).catch(() => undefined)
        this.#abandonedWrite = abandoned
        void abandoned.then(() => (this.#abandonedWrite = null))
        reject(failed(`${what}: its state is still being written to ${place}.`))
      })
      work().then(resolve, reject).finally(cancel)
    })
  }

  /** Removes the oldest checkpoints. One that cannot be removed does no harm, and is removed after a later checkpoint. */
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
}

const failed = (message: string): CheckpointError => new CheckpointError('CHECKPOINT_FAILED', message)
