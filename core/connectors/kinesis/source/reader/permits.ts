/** A counting semaphore that grants permits in the order of the requests. */
export class Permits {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(permits: number) {
    this.#free = permits
  }

  /** Resolves to the function that gives the permit back. @throws the signal's reason once it aborts */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free--
    else
      await new Promise<void>((resolve, reject) => {
        const grant = (): void => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        }
        const onAbort = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(grant), 1)
          reject(signal.reason as Error)
        }
        this.#waiting.push(grant)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    let released = false
    return () => {
      if (released) return
      released = true
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
