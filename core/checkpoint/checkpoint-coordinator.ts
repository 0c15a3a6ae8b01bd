/**
 * Triggers checkpoints, gathers the state of every subtask, stores it, and notifies the subtasks once it is stored.
 * One checkpoint at a time. A subtask that has finished counts with the state it finished with. A checkpoint that fails or
 * takes too long is given up, and leaves nothing behind; more than the tolerable number in a row fail the job.
 */
import type { Clock } from '../foundation/clock.ts'
import { asShardlineError, CheckpointError } from '../foundation/errors.ts'
import type { Checkpoint, CheckpointStorage, OperatorCheckpoint } from './checkpoint.ts'
import type { OperatorState } from './operator-state.ts'
import { NO_CHECKPOINTS } from '../metrics/checkpoint-statistics.ts'
import type { CheckpointStatistics } from '../metrics/checkpoint-statistics.ts'

const WARN_AGAIN_MS = 60_000
/** In a message. */
const NAMED_SUBTASKS = 5

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
  /** Such as `Map (2/4)`; for messages. */
  readonly nameWithSubtask: string
  /** The state by operator id. Rejects if the subtask fails. */
  checkpoint(checkpointId: number): Promise<ReadonlyMap<string, OperatorState | null>>
  notifyCheckpointComplete(checkpointId: number): void
}

export interface CoordinatorListener {
  completed(): void
  /** Before a checkpoint becomes complete. Rejects if the job may not write here any more. */
  beforeComplete(): Promise<void>
  /** A checkpoint failed and the job goes on. */
  warn(message: string): void
  /** Too many checkpoints in a row failed. */
  failed(error: unknown): void
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
  /** Failures that no warning has named yet. */
  #unnamedFailures = 0
  #warnedAtMs = -Infinity
  /** A write that took too long and has not ended. */
  #abandonedWrite: Promise<void> | null = null
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
      this.#warn(asShardlineError(error))
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

  /** The whole of a checkpoint or savepoint, within the timeout. */
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
      const checkpoint = await this.#gatherAll(attempt, checkpointId, missing)
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
          reject(failed(`${what}: ${namesOf(missing)}.`))
          return
        }
        // What completes now after all is no checkpoint of this job: its state was not acknowledged.
        const late = savepointDirectory === null ? () => this.#storage.remove(checkpointId) : () => undefined
        const abandoned: Promise<void> = writing.then(late).catch(() => undefined)
        this.#abandonedWrite = abandoned
        void abandoned.then(() => (this.#abandonedWrite = null))
        reject(failed(`${what}: its state is still being written to ${place}.`))
      })
      work().then(resolve, reject).finally(cancel)
    })
  }

  async #gatherAll(
    attempt: CheckpointedAttempt,
    checkpointId: number,
    missing: Set<CheckpointedSubtask>,
  ): Promise<Checkpoint> {
    const timestampMs = this.#clock.now()
    // Enumerators first: whatever they hand out later is in the readers' snapshots.
    const operators = attempt.operators(checkpointId)
    const stateOf = async (subtask: CheckpointedSubtask): Promise<ReadonlyMap<string, OperatorState | null>> => {
      const state = await subtask.checkpoint(checkpointId)
      missing.delete(subtask)
      return state
    }
    const states = await Promise.all(attempt.subtasks.map(stateOf))
    return {
      checkpointId,
      ...this.#job,
      timestampMs,
      operators: operators.map(operator => ({ ...operator, subtasks: gather(operator, attempt.subtasks, states) })),
    }
  }

  /** At most once a minute; the next warning counts those in between. */
  #warn({ message }: Error): void {
    this.#unnamedFailures++
    const now = this.#clock.monotonic()
    if (now - this.#warnedAtMs < WARN_AGAIN_MS) return
    const others =
      this.#unnamedFailures > 1 ? ` ${this.#unnamedFailures - 1} more have failed since the last warning.` : ''
    const { completed, failed, lastPath } = this.#statistics
    const newest = lastPath === null ? 'None has completed yet.' : `The newest complete one is ${lastPath}.`
    this.#listener.warn(`${message}${others} ${failed} of ${completed + failed} checkpoints have failed. ${newest}`)
    this.#warnedAtMs = now
    this.#unnamedFailures = 0
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
}

const failed = (message: string): CheckpointError => new CheckpointError('CHECKPOINT_FAILED', message)

function namesOf(subtasks: ReadonlySet<CheckpointedSubtask>): string {
  const names = [...subtasks].map(s => s.nameWithSubtask)
  const shown = names.slice(0, NAMED_SUBTASKS).join(', ')
  const more = names.length > NAMED_SUBTASKS ? ` and ${names.length - NAMED_SUBTASKS} more` : ''
  return `no state came from ${shown}${more}`
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
