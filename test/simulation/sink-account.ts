/**
 * Who wrote what, and what may be written again. A record is settled when its acknowledgement has reached the writer, and a
 * restore goes back to what was settled at that checkpoint. Within one attempt nothing is sent that is settled, or on its way
 * already; so a record can be in the stream twice only where an answer was lost, or a restore went back behind it.
 */
import type { Checkpoint } from '../../core/checkpoint/checkpoint.ts'
import type { OperatorState } from '../../core/checkpoint/operator-state.ts'

export interface UserRecord {
  readonly key: string
  readonly n: number
}

export const idOf = ({ key, n }: UserRecord): string => `${key}/${n}`

interface Acknowledged {
  readonly id: string
  readonly atMs: number
}

/** One writer of one attempt. */
export interface Client {
  readonly attempt: Attempt
  readonly acknowledged: Acknowledged[]
  requests: number
  /** It was drained: what it was given is acknowledged. */
  finished: boolean
  closed: boolean
}

interface Attempt {
  /** What was settled at the checkpoint that it started from. */
  restored: ReadonlySet<string>
  /** Written once and for all, as far as this attempt knows. */
  readonly settled: Set<string>
  readonly onTheirWay: Set<string>
  /** By key: the last that this attempt wrote. */
  readonly last: Map<string, number>
}

export interface PutRequest {
  readonly client: Client
  readonly records: readonly UserRecord[]
  /** What the service stored of it. */
  stored: readonly UserRecord[]
  answered: boolean
  /** The writer waits for its answer no longer. */
  abandoned: boolean
}

export interface Bounds {
  readonly maxInFlightRequests: number
  readonly maxBatchSize: number
  readonly maxBatchSizeInBytes: number
}

export class SinkAccount {
  /** How often each record lies in the stream, as the answers said. */
  readonly written = new Map<string, number>()
  readonly deadLetters = new Set<string>()
  /** Those that may lie there more than once. */
  readonly excused = new Set<string>()
  readonly wrong: string[] = []
  readonly #bounds: Bounds
  /** Which record of a key must follow this one; null: no order is kept. */
  readonly #next: ((record: UserRecord) => number) | null
  readonly #now: () => number
  readonly #snapshots = new WeakMap<OperatorState, { readonly client: Client; readonly count: number }>()
  readonly #settledAt = new Map<number, ReadonlySet<string>>()
  #attempt: Attempt = newAttempt()

  constructor(bounds: Bounds, next: ((record: UserRecord) => number) | null, now: () => number) {
    this.#bounds = bounds
    this.#next = next
    this.#now = now
  }

  attempt(): void {
    this.#attempt = newAttempt()
  }

  started(mark: number | null): void {
    if (mark !== null) this.#attempt.restored = this.#settledAt.get(mark)!
    for (const id of this.#attempt.restored) this.#attempt.settled.add(id)
    for (const id of this.written.keys()) if (!this.#attempt.settled.has(id)) this.excused.add(id)
  }

  client(): Client {
    return { attempt: this.#attempt, acknowledged: [], requests: 0, finished: false, closed: false }
  }

  /** `count`: records of the service; `records`: the user's, of which one of the service may hold many. */
  sent(client: Client, records: readonly UserRecord[], count: number, bytes: number): PutRequest {
    const { maxBatchSize, maxBatchSizeInBytes, maxInFlightRequests } = this.#bounds
    if (++client.requests > maxInFlightRequests) this.wrong.push(`${client.requests} requests are in flight`)
    if (count > maxBatchSize) this.wrong.push(`a request of ${count} records`)
    if (bytes > maxBatchSizeInBytes && count > 1) this.wrong.push(`a request of ${bytes} bytes`)
    for (const id of records.map(idOf)) {
      if (client.attempt.settled.has(id)) this.wrong.push(`${id} was acknowledged, and is sent again`)
      if (client.attempt.onTheirWay.has(id)) this.wrong.push(`${id} is on its way, and is sent again`)
      client.attempt.onTheirWay.add(id)
    }
    return { client, records, stored: [], answered: false, abandoned: false }
  }

  /** The service stored these, whatever becomes of its answer. */
  executed(request: PutRequest, records: readonly UserRecord[]): void {
    const { client, abandoned } = request
    request.stored = records
    if (abandoned) this.#excuse(records)
    for (const record of records) {
      const id = idOf(record)
      this.written.set(id, (this.written.get(id) ?? 0) + 1)
      if (this.#next === null || abandoned || client.closed || client.attempt !== this.#attempt) continue
      const { last } = client.attempt
      const before = last.get(record.key)
      if (before !== undefined && record.n !== before && record.n !== this.#next({ ...record, n: before }))
        this.wrong.push(`${record.key}: ${record.n} was written after ${before}`)
      last.set(record.key, record.n)
    }
  }

  acknowledged(request: PutRequest): void {
    this.#over(request)
    request.answered = true
    const { attempt, acknowledged } = request.client
    for (const id of request.stored.map(idOf)) {
      attempt.settled.add(id)
      acknowledged.push({ id, atMs: this.#now() })
    }
  }

  /** No answer came to the writer, or none that says what was written. */
  lost(request: PutRequest): void {
    if (request.abandoned) return
    this.#excuse(request.stored)
    this.#over(request)
    request.abandoned = true
  }

  /** It was answered, and given up all the same. */
  givenUp(request: PutRequest): void {
    if (request.abandoned) return
    if (!request.answered) {
      this.lost(request)
      return
    }
    request.abandoned = true
    this.#excuse(request.stored)
    const { attempt, acknowledged } = request.client
    const ids = new Set(request.stored.map(idOf))
    for (const id of ids) attempt.settled.delete(id)
    acknowledged.splice(0, Infinity, ...acknowledged.filter(a => !ids.has(a.id)))
  }

  deadLetter(record: UserRecord): void {
    this.deadLetters.add(idOf(record))
    this.#attempt.settled.add(idOf(record))
  }

  /** What is acknowledged in the very moment may be in the state or not. */
  snapshotTaken(client: Client, state: OperatorState | null): void {
    let count = client.acknowledged.length
    while (!client.finished && count > 0 && client.acknowledged[count - 1]!.atMs >= this.#now()) count--
    if (state !== null) this.#snapshots.set(state, { client, count })
  }

  stored(checkpoint: Checkpoint): void {
    const settled = new Set<string>()
    let mark: number | null = null
    let base: Attempt | null = null
    for (const { enumerator, subtasks } of checkpoint.operators) {
      if (enumerator !== null) mark = (enumerator.json as { mark: number }).mark
      for (const state of subtasks) {
        const snapshot = state === null ? undefined : this.#snapshots.get(state)
        if (snapshot === undefined) continue
        base = snapshot.client.attempt
        for (const { id } of snapshot.client.acknowledged.slice(0, snapshot.count)) settled.add(id)
      }
    }
    if (mark === null) return
    for (const id of base?.restored ?? []) settled.add(id)
    this.#settledAt.set(mark, settled)
  }

  #excuse(records: readonly UserRecord[]): void {
    for (const record of records) this.excused.add(idOf(record))
  }

  #over({ client, records }: PutRequest): void {
    client.requests--
    for (const record of records) client.attempt.onTheirWay.delete(idOf(record))
  }
}

const newAttempt = (): Attempt => ({
  restored: new Set(),
  settled: new Set(),
  onTheirWay: new Set(),
  last: new Map(),
})
