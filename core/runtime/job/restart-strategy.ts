/** Whether and when a failed job starts again. Names, keys and defaults are Flink's. */
import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import type { ShardlineError } from '../../foundation/errors.ts'

export interface RestartStrategy {
  /** The milliseconds before the next attempt. `null` when the job fails for good. */
  delayAfter(error: ShardlineError): number | null
  checkpointCompleted(): void
}

export function restartStrategyOf(configuration: Configuration, checkpointing: boolean, clock: Clock): RestartStrategy {
  const chosen = configuration.find(executionOptions.restartStrategy)
  switch (chosen ?? (checkpointing ? 'exponential-delay' : 'none')) {
    case 'none':
      return { delayAfter: () => null, checkpointCompleted: () => undefined }
    case 'fixed-delay': {
      let left = configuration.get(executionOptions.fixedDelayAttempts)
      const delayMs = configuration.get(executionOptions.fixedDelayMs)
      return {
        delayAfter: error => (error.fatal || left-- <= 0 ? null : delayMs),
        checkpointCompleted: () => undefined,
      }
    }
    case 'failure-rate':
      return new FailureRate(configuration, clock)
    case 'exponential-delay':
      return new ExponentialDelay(
        configuration,
        clock,
        chosen === null ? configuration.get(executionOptions.sameFailureLimit) : 0,
      )
  }
}

/** Restarts unless the interval has more failures than allowed. */
class FailureRate implements RestartStrategy {
  readonly #most: number
  readonly #intervalMs: number
  readonly #delayMs: number
  readonly #clock: Clock
  #failedAt: number[] = []

  constructor(configuration: Configuration, clock: Clock) {
    this.#most = configuration.get(executionOptions.failureRateMax)
    this.#intervalMs = configuration.get(executionOptions.failureRateIntervalMs)
    this.#delayMs = configuration.get(executionOptions.failureRateDelayMs)
    this.#clock = clock
  }

  delayAfter(error: ShardlineError): number | null {
    if (error.fatal) return null
    const now = this.#clock.monotonic()
    this.#failedAt = [...this.#failedAt.filter(at => now - at < this.#intervalMs), now]
    return this.#failedAt.length > this.#most ? null : this.#delayMs
  }

  checkpointCompleted(): void {}
}

class ExponentialDelay implements RestartStrategy {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #multiplier: number
  readonly #resetMs: number
  readonly #clock: Clock
  readonly #sameFailureLimit: number
  #delayMs: number
  #lastFailureAt = -Infinity
  #lastFailure = ''
  #sameFailures = 0

  /** @param sameFailureLimit 0 for no limit, as in Flink when the strategy is configured explicitly */
  constructor(configuration: Configuration, clock: Clock, sameFailureLimit: number) {
    this.#initialMs = configuration.get(executionOptions.exponentialInitialMs)
    this.#maxMs = configuration.get(executionOptions.exponentialMaxMs)
    this.#multiplier = configuration.get(executionOptions.exponentialMultiplier)
    this.#resetMs = configuration.get(executionOptions.exponentialResetMs)
    this.#clock = clock
    this.#sameFailureLimit = sameFailureLimit
    this.#delayMs = this.#initialMs
  }

  delayAfter(error: ShardlineError): number | null {
    if (error.fatal) return null
    const failure = `${error.code} ${error.message}`
    this.#sameFailures = failure === this.#lastFailure ? this.#sameFailures + 1 : 1
    this.#lastFailure = failure
    if (this.#sameFailureLimit > 0 && this.#sameFailures >= this.#sameFailureLimit) return null
    const now = this.#clock.monotonic()
    if (now - this.#lastFailureAt > this.#resetMs) this.#delayMs = this.#initialMs
    this.#lastFailureAt = now
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(this.#maxMs, delayMs * this.#multiplier)
    return delayMs
  }

  checkpointCompleted(): void {
    this.#lastFailure = ''
    this.#sameFailures = 0
  }
}
