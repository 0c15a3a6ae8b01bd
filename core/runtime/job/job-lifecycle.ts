/** The status of a job, and whether its cancellation was requested. Every change of the state is reported to the listener. */
import type { ShardlineError } from '../../foundation/errors.ts'
import { isTerminal } from './job-status.ts'
import type { JobListener, JobState, JobStatus } from './job-status.ts'

export class JobLifecycle {
  readonly #listener: JobListener
  #status: JobStatus
  #cancellation: 'drain' | 'now' | null = null

  constructor(jobId: string, listener: JobListener) {
    this.#listener = listener
    this.#status = { jobId, state: 'CREATED', attempt: 0, cause: null }
  }

  get status(): JobStatus {
    return this.#status
  }

  get isTerminal(): boolean {
    return isTerminal(this.#status.state)
  }

  /** How the job is being cancelled. `null` when no cancellation was requested. */
  get cancellation(): 'drain' | 'now' | null {
    return this.#cancellation
  }

  /** Whether cancellation was requested. It may be requested during any wait. */
  isCancelled(): boolean {
    return this.#cancellation !== null
  }

  cancel(mode: 'drain' | 'now'): void {
    this.#cancellation = mode
    this.setState('CANCELLING', this.#status.cause)
  }

  setState(state: JobState, cause: ShardlineError | null): void {
    this.#status = { ...this.#status, state, cause }
    this.#listener.status?.(this.#status)
  }

  /** Counts a restart. The state changes when the new attempt runs. */
  nextAttempt(): void {
    this.#status = { ...this.#status, attempt: this.#status.attempt + 1 }
  }

  readonly warn = (message: string): void => this.#listener.warning?.(message)
}
