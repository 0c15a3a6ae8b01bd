/**
 * Keeps two runs of a job from writing checkpoints into one folder. A run takes the folder's lease when it starts, renews it
 * while it runs, and makes sure that it still has it before each checkpoint becomes complete.
 *
 *   the holder's process has ended, on this host     the lease is taken over at once
 *   it lives, on this host                           the start fails
 *   it is elsewhere, or cannot be told               heartbeats are awaited: one, and the start fails; none for 30 s, and the lease is
 *                                                    taken over
 *   another run took the lease                       the job fails, and writes nothing more
 *
 * Silence is measured by this process's own monotonic clock from when it first looks: clocks of hosts are never compared.
 */
import type { Clock } from '../foundation/clock.ts'
import { sleep } from '../foundation/clock.ts'
import { CheckpointError, messageOf } from '../foundation/errors.ts'
import { PersistentFailure } from '../foundation/persistent-failure.ts'
import type { FoundLease, HeldLease, LeaseHolder, LeaseStore } from './lease-store.ts'
import type { ProcessTable } from './process-table.ts'

export const HEARTBEAT_MS = 10_000
export const SILENCE_MS = 30_000
const LOOK_AGAIN_MS = 1000
/** Of a take that others were faster at. */
const MAX_ATTEMPTS = 10

export interface LeaseRequest {
  readonly runId: string
  readonly jobName: string
  readonly restoredFrom: string | null
  /** For messages. */
  readonly location: string
}

interface LeaseParts {
  readonly store: LeaseStore
  readonly held: HeldLease
  readonly holder: LeaseHolder
  readonly location: string
  readonly clock: Clock
  readonly warn: (message: string) => void
  readonly onLost: (error: CheckpointError) => void
}

export class CheckpointLease {
  readonly #store: LeaseStore
  readonly #holder: LeaseHolder
  readonly #location: string
  readonly #clock: Clock
  readonly #failing: PersistentFailure
  readonly #onLost: (error: CheckpointError) => void
  #held: HeldLease
  #lost: CheckpointError | null = null
  #released = false
  #cancelTimer: (() => void) | null = null

  private constructor({ store, held, holder, location, clock, warn, onLost }: LeaseParts) {
    this.#store = store
    this.#held = held
    this.#holder = holder
    this.#location = location
    this.#clock = clock
    this.#failing = new PersistentFailure(clock, warn)
    this.#onLost = onLost
    this.#schedule()
  }

  /**
   * @param onLost called once, when another run has taken the lease
   * @throws CheckpointError CHECKPOINTS_IN_USE that names the holder
   */
  static async acquire(
    store: LeaseStore,
    { runId, jobName, restoredFrom, location }: LeaseRequest,
    processes: ProcessTable,
    clock: Clock,
    warn: (message: string) => void,
    onLost: (error: CheckpointError) => void,
    signal?: AbortSignal,
  ): Promise<CheckpointLease> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await store.read()
      if (found !== null) await mayTake(found, store, location, processes, clock, warn, signal)
      const holder = { runId, jobName, ...processes.self, sinceMs: clock.now(), restoredFrom }
      const held = await store.take(holder, found)
      if (held !== null) return new CheckpointLease({ store, held, holder, location, clock, warn, onLost })
    }
    throw new CheckpointError(
      'CHECKPOINTS_IN_USE',
      `Several jobs try to write checkpoints to ${location} at once. ${WHAT_TO_DO}`,
    )
  }

  /** @throws CheckpointError CHECKPOINTS_IN_USE if another run has the lease now */
  async check(): Promise<void> {
    if (this.#lost !== null) throw this.#lost
    if (!(await this.#held.holds())) await this.#takeAgain()
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    this.#cancelTimer?.()
    // A lease that cannot be released is taken over by the next run.
    await this.#held.release().catch(() => undefined)
  }

  #schedule(): void {
    if (!this.#released && this.#lost === null)
      this.#cancelTimer = this.#clock.schedule(HEARTBEAT_MS, () => void this.#renew(), true)
  }

  async #renew(): Promise<void> {
    try {
      if (!(await this.#held.renew())) await this.#takeAgain()
      this.#failing.succeeded(`The lease of ${this.#location}`)
    } catch (error) {
      if (error === this.#lost) return
      this.#failing.failed(`The lease of ${this.#location} cannot be renewed: ${messageOf(error)}.`)
    }
    this.#schedule()
  }

  /** The lease was removed, with its folder perhaps, or another run has it. */
  async #takeAgain(): Promise<void> {
    if (this.#released) return
    const found = await this.#store.read()
    if (found === null) {
      const held = await this.#store.take(this.#holder, null)
      if (held !== null) {
        this.#held = held
        return
      }
    }
    const holder = (found ?? (await this.#store.read()))?.holder ?? null
    this.#lost = new CheckpointError(
      'CHECKPOINTS_IN_USE',
      `This job no longer writes checkpoints to ${this.#location}: ${holder === null ? 'another run' : describe(holder)} took them over, because this process was silent for ${SILENCE_MS / 1000} s or was taken for dead. Only one of the two may run.`,
    )
    this.#onLost(this.#lost)
    throw this.#lost
  }
}

const WHAT_TO_DO = 'Stop that job, or give this one another name or another directory (execution.checkpointing.dir).'

/** Returns when the lease may be taken over. @throws CheckpointError CHECKPOINTS_IN_USE */
async function mayTake(
  found: FoundLease,
  store: LeaseStore,
  location: string,
  processes: ProcessTable,
  clock: Clock,
  warn: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { holder } = found
  const inUse = (): CheckpointError =>
    new CheckpointError(
      'CHECKPOINTS_IN_USE',
      `${holder === null ? 'Another job' : capitalized(describe(holder))} writes checkpoints to ${location}. ${WHAT_TO_DO}`,
    )
  if (found.released) return
  const lives = holder === null ? null : processes.lives(holder)
  if (lives === false) return
  if (lives === true) throw inUse()
  warn(
    `${holder === null ? 'Another job' : capitalized(describe(holder))} has the lease of ${location}. This job takes it over if no heartbeat comes within ${SILENCE_MS / 1000} s.`,
  )
  const since = clock.monotonic()
  while (clock.monotonic() - since < SILENCE_MS) {
    await sleep(clock, LOOK_AGAIN_MS, signal)
    const now = await store.read()
    if (now === null || now.released) return
    if (now.token !== found.token) return // of another run: it is looked at anew, when taking it fails
    if (now.beat !== found.beat) throw inUse()
  }
}

/** For messages. */
export function describe({ jobName, runId, host, pid, sinceMs }: LeaseHolder): string {
  return `a run of job '${jobName}' (${runId.slice(0, 8)}, process ${pid} on host ${host}, since ${new Date(sinceMs).toISOString()})`
}

const capitalized = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`
