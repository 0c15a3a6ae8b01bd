// The log of requests, for assertions in tests. It keeps the last requests one by one, up to a bound, and counts all
// requests.

/** A request that was answered. */
export interface LoggedRequest {
  /** The operation, such as `GetRecords`. When the emulator has no such operation, the text that the client sent. */
  readonly operation: string
  readonly stream?: string | undefined
  readonly shardId?: string | undefined
  /** When the request arrived, in milliseconds since the epoch by the emulator's clock. */
  readonly atMs: number
  /** The content type of the request. Empty for a call within the process. */
  readonly contentType: string
  /** `none` for a call within the process. */
  readonly httpVersion: '1.1' | '2' | 'none'
  /** The HTTP status. 0 when a fault broke the connection. */
  readonly status: number
  /** The name of the error in the response. Undefined when the request succeeded. */
  readonly error?: string | undefined
  /** The kind of the scripted fault that affected the request. Undefined without a fault. */
  readonly fault?: string | undefined
  /** Number of records that were stored or returned. */
  readonly records: number
}

interface Waiter {
  readonly operation: string
  readonly count: number
  readonly resolve: () => void
}

export class RequestLog {
  readonly #size: number
  #recent: LoggedRequest[] = []
  readonly #counts = new Map<string, number>()
  readonly #records = new Map<string, number>()
  #waiters: readonly Waiter[] = []

  /** @param size Number of requests that are kept one by one, at least 1. */
  constructor(size: number) {
    this.#size = Math.max(1, size)
  }

  /** Returns the last requests, oldest first. With `operation` it returns only the requests for that operation. */
  recent(operation?: string): readonly LoggedRequest[] {
    const kept = this.#recent.slice(-this.#size)
    return operation === undefined ? kept : kept.filter(request => request.operation === operation)
  }

  /** Returns the number of requests that were answered. With `operation` it counts only the requests for that operation. */
  count(operation?: string): number {
    if (operation !== undefined) return this.#counts.get(operation) ?? 0
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /**
   * Returns the number of records that requests for `operation` stored or returned. For SubscribeToShard it is the number
   * of records in all events so far.
   */
  records(operation: string): number {
    return this.#records.get(operation) ?? 0
  }

  /**
   * Resolves when `count` requests for `operation` have been answered since the start or the last `clear`. Rejects when the
   * signal is aborted.
   */
  async waitFor(operation: string, count: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.count(operation) >= count) return
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#waiters = this.#waiters.filter(other => other !== waiter)
        reject(new Error(`Stopped waiting for ${count} ${operation} requests at ${this.count(operation)}`))
      }
      const done = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const waiter = { operation, count, resolve: done }
      this.#waiters = [...this.#waiters, waiter]
      signal?.addEventListener('abort', abort)
    })
  }

  /** Removes all requests and sets the counters to 0. */
  clear(): void {
    this.#recent = []
    this.#counts.clear()
    this.#records.clear()
  }

  /** @internal Counts records that a subscription delivers after its SubscribeToShard request was answered. */
  addRecords(operation: string, records: number): void {
    this.#records.set(operation, this.records(operation) + records)
  }

  /** @internal */
  add(request: LoggedRequest): void {
    const { operation } = request
    this.#recent.push(request)
    if (this.#recent.length >= this.#size * 2) this.#recent = this.#recent.slice(-this.#size)
    this.#counts.set(operation, this.count(operation) + 1)
    this.#records.set(operation, this.records(operation) + request.records)
    if (this.#waiters.length === 0) return
    const done = this.#waiters.filter(waiter => this.count(waiter.operation) >= waiter.count)
    this.#waiters = this.#waiters.filter(waiter => !done.includes(waiter))
    for (const waiter of done) waiter.resolve()
  }
}
