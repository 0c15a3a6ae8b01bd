/**
 * The attempts of a started job, one after another. A failed attempt is followed by another one from the newest complete
 * checkpoint, until one succeeds, the job is cancelled, or the restart strategy gives up.
 */
import type { Clock } from '../../foundation/clock.ts'
import { asShardlineError } from '../../foundation/errors.ts'
import type { ShardlineError, JobError } from '../../foundation/errors.ts'
import type { JobOperators } from '../assembly/job-operators.ts'
import type { JobPlan } from '../plan/job-plan.ts'
import { Attempt } from './attempt.ts'
import type { JobCheckpointing } from './job-checkpointing.ts'
import type { JobLifecycle } from './job-lifecycle.ts'
import type { RestartStrategy } from './restart-strategy.ts'

export interface ExecutionServices {
  readonly plan: JobPlan
  readonly operators: JobOperators
  readonly channelCapacity: number
  readonly checkpointing: JobCheckpointing
  readonly lifecycle: JobLifecycle
  readonly restarts: RestartStrategy
  readonly clock: Clock
}

export class JobExecution {
  readonly #services: ExecutionServices
  #attempt: Attempt | null = null
  #wakeFromRestart: (() => void) | null = null

  constructor(services: ExecutionServices) {
    this.#services = services
  }

  /** The newest attempt. `null` before the first one. */
  get attempt(): Attempt | null {
    return this.#attempt
  }

  /** Starts an attempt. @throws what kept it from running */
  async start(): Promise<void> {
    const { plan, operators, channelCapacity, checkpointing, lifecycle, clock } = this.#services
    const attempt = new Attempt({
      plan,
      operators,
      restored: checkpointing.restored,
      channelCapacity,
      clock,
      attempt: lifecycle.status.attempt,
    })
    this.#attempt = attempt
    await attempt.start()
    if (lifecycle.isCancelled()) {
      attempt.stop()
      return
    }
    lifecycle.setState('RUNNING', null)
    checkpointing.start(attempt)
  }

  /**
   * Runs attempts after `start`. `finish` is called with the attempt that has ended without a failure. Its own failure leads to a
   * restart too.
   * @returns the result of `finish`, or `null` when the job was cancelled
   * @throws ShardlineError when the job has failed
   */
  async run<R>(finish: (attempt: Attempt) => Promise<R>): Promise<R | null> {
    const { checkpointing, lifecycle } = this.#services
    for (;;) {
      const attempt = this.#attempt!
      try {
        await attempt.done
        await checkpointing.stop()
        return await finish(attempt)
      } catch (error) {
        await checkpointing.stop()
        if (lifecycle.cancellation === 'now' || !(await this.#restart(asShardlineError(error)))) return null
      }
    }
  }

  /** Ends the current attempt, or the wait for the next one. The lifecycle has the cancellation already. */
  cancel(mode: 'drain' | 'now', reason: JobError): void {
    this.#wakeFromRestart?.()
    if (mode === 'drain') this.#attempt?.stop()
    else this.#attempt?.fail(reason)
  }

  fail(error: unknown): void {
    this.#attempt?.fail(error)
  }

  /**
   * Waits and starts the next attempt, until one runs.
   * @returns false when the job was cancelled
   * @throws the failure when the restart strategy gives up, and when the job was draining
   */
  async #restart(failure: ShardlineError): Promise<boolean> {
    const { checkpointing, lifecycle, restarts } = this.#services
    let cause = failure
    for (;;) {
      const delayMs = lifecycle.isCancelled() ? null : restarts.delayAfter(cause)
      if (delayMs === null) {
        lifecycle.setState('FAILED', cause)
        throw cause
      }
      lifecycle.setState('RESTARTING', cause)
      lifecycle.warn(
        `Attempt ${lifecycle.status.attempt} failed, restarting in ${Math.round(delayMs)} ms: ${cause.message}`,
      )
      await this.#sleep(delayMs)
      if (lifecycle.isCancelled()) return false
      lifecycle.nextAttempt()
      try {
        await checkpointing.restoreLatest()
        await this.start()
        return true
      } catch (error) {
        if (lifecycle.isCancelled()) return false
        cause = asShardlineError(error)
      }
    }
  }

  /** Waits before a restart. Cancellation ends the wait. */
  async #sleep(delayMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const stop = this.#services.clock.schedule(delayMs, resolve)
      this.#wakeFromRestart = () => {
        stop()
        resolve()
      }
    })
    this.#wakeFromRestart = null
  }
}
