// What clients asked, for assertions: the last requests one by one (bounded), and counters of them all.

/** One answered request. */
export interface LoggedRequest {
  /** Such as `GetRecords`; as the client sent it when there is no such operation. */
  readonly operation: string
  readonly stream?: string | undefined
  readonly shardId?: string | undefined
  /** When it came in, in milliseconds since the epoch by the emulator's clock. */
  readonly atMs: number
  /** The media type of its body; empty for a call within the process. */
  readonly contentType: string
  /** `none` for a call within the process. */
  readonly httpVersion: '1.1' | '2' | 'none'
  /** HTTP status; 0 when the connection was broken by a fault. */
  readonly status: number
  /** Name of the error answered, if one was. */
  readonly error?: string | undefined
  /** Kind of the scripted fault that struck it, if one did. */
  readonly fault?: string | undefined
  /** Records stored or returned. */
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

  /** @param size how many requests are remembered one by one, at least 1 */
  constructor(size: number) {
    this.#size = Math.max(1, size)
  }

  /** The last requests, oldest first; only those of `operation` when given. */
  recent(operation?: string): readonly LoggedRequest[] {
    const kept = this.#recent.slice(-this.#size)
    return operation === undefined ? kept : kept.filter(request => request.operation === operation)
  }

  /** How many requests were answered; only those of `operation` when given. */
  count(operation?: string): number {
    if (operation !== undefined) return this.#counts.get(operation) ?? 0
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** How many records requests of `operation` stored or returned; of SubscribeToShard, in all its events so far. */
  records(operation: string): number {
    return this.#records.get(operation) ?? 0
  }

  /** Resolves once `count` requests of `operation` were answered since the start or the last `clear`. */
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

  /** Forgets everything so far; counters start at 0 again. */
  clear(): void {
    this.#recent = []
    this.#counts.clear()
    this.#records.clear()
  }

  /** @internal Counts records that an answered request of `operation` returns only now. */
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
