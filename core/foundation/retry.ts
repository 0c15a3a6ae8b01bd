/** Retries with growing pauses. Half of each pause is random, so that many clients do not retry at the same moment. */
import { sleep } from './clock.ts'
import type { Clock } from './clock.ts'

export interface RetryOptions {
  readonly retryMinDelayMs: number
  readonly retryMaxDelayMs: number
  readonly retryMaxAttempts: number
}

/** Half of the pause is fixed, half is random. `attempt` counts from 1. */
export function backoffMs(attempt: number, minDelayMs: number, maxDelayMs: number): number {
  const delay = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 20))
  return delay / 2 + (Math.random() * delay) / 2
}

export interface Retrying extends RetryOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The largest number of attempts of a call that fails with this error. 1: no retry. */
  readonly attemptsFor: (error: unknown) => number
  /** Called before a pause. */
  readonly onFailure: (error: unknown) => void
}

/** Makes the call until it succeeds. @throws the last error, or the signal's reason */
export async function retrying<T>(call: () => Promise<T>, options: Retrying): Promise<T> {
  const { clock, signal, attemptsFor, onFailure, retryMinDelayMs, retryMaxDelayMs, retryMaxAttempts } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      signal.throwIfAborted()
      if (attempt >= Math.min(retryMaxAttempts, attemptsFor(error))) throw error
      onFailure(error)
    }
    await sleep(clock, backoffMs(attempt, retryMinDelayMs, retryMaxDelayMs), signal)
  }
}
