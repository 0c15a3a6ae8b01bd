/** The time of the engine. All timers and timestamps use this interface, so that tests can control them. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Milliseconds that never decrease, for measuring. */
  monotonic(): number
  /** Calls `action` once after `delayMs`. The result cancels the call. A `weak` timer does not keep the process alive. */
  schedule(delayMs: number, action: () => void, weak?: boolean): () => void
}

/** The longest delay of `setTimeout`. A longer one would end at once. */
const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, action, weak = false) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      timer = leftMs > LONGEST_MS ? setTimeout(() => wait(leftMs - LONGEST_MS), LONGEST_MS) : setTimeout(action, leftMs)
      if (weak) timer.unref()
    }
    wait(delayMs)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      cancel()
      reject(signal!.reason as Error)
    }
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Settles like `work`, but rejects with the reason of the signal as soon as it aborts. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
