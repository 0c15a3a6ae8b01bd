/**
 * The reader of one shard, by polling or by enhanced fan-out. It reads one answer ahead: while the job processes a batch, the next
 * one waits, and no further request is made. That is the backpressure.
 */
import type { ChildShard } from '../../../../aws/kinesis/get-records-result.ts'
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'

export type FetchEnd =
  { readonly type: 'shard-end'; readonly childShards: readonly ChildShard[] } | { readonly type: 'stopped' }

export interface Fetched {
  readonly batch: RecordBatch | null
  /** Set when this batch is the last one. */
  readonly end: FetchEnd | null
  /** Where enhanced fan-out continues after the batch. `null`: after the sequence number of the last record. */
  readonly continuationSequenceNumber: string | null
}

/** What the reader of a shard is doing. `explain` shows it. */
export type ReaderActivity =
  | 'starting'
  /** As many shards are being read as `shardline.source.max-concurrent-reads` allows. */
  | 'waiting-for-turn'
  | 'fetching'
  | 'subscribed'
  /** Records of the shard wait for the job. */
  | 'backpressured'
  /** A pause between two calls. */
  | 'pausing'
  | 'retrying'
  | 'ended'

export interface ShardReader {
  readonly shardId: string
  /** -1 while it is not known. */
  readonly millisBehindLatest: number
  readonly activity: ReaderActivity
  /** Why the last call failed, while it is retried. `null` when it succeeded. */
  readonly trouble: string | null
  /** When the last usable answer came, or when reading began. Epoch milliseconds. */
  readonly lastAnswerAtMs: number
  /** Milliseconds between the last two calls. `null` for a subscription, and before the second call. */
  readonly fetchIntervalMs: number | null
  readonly throttles: number
  readonly ready: boolean
  take(): Fetched | null
  /** Runs until the shard ends, the source stops, or `close`. @throws ServiceError when it cannot go on */
  run(): Promise<void>
  close(): void
}

/** Hands one answer at a time from the reader of a shard to the job. */
export class HandOver {
  readonly #onReady: () => void
  #slot: Fetched | null = null
  #taken: (() => void) | null = null

  constructor(onReady: () => void) {
    this.#onReady = onReady
  }

  get ready(): boolean {
    return this.#slot !== null
  }

  /** Resolves when the job has taken the answer. @throws the signal's reason */
  put(fetched: Fetched, signal: AbortSignal): Promise<void> {
    this.#slot = fetched
    const taken = new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#taken = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
    })
    this.#onReady()
    return taken
  }

  take(): Fetched | null {
    const fetched = this.#slot
    this.#slot = null
    this.#taken?.()
    this.#taken = null
    return fetched
  }
}

/** How far the service's clock may be behind the offset that is assumed, milliseconds. */
export function clockSlackMs({ clockOffsetMs, clockOffsetRangeMs }: Pick<SourceStreamProxy, ServiceTime>): number {
  return clockOffsetMs - clockOffsetRangeMs[0]
}

type ServiceTime = 'clockOffsetMs' | 'clockOffsetRangeMs'

interface StopInstant {
  readonly stopAtMs: number | null
  readonly stopAtLocalMs?: number | null
}

/** Whether the stopping instant had certainly passed at the service when a request was made, at `atMs` by this machine's clock. */
export function hasReached(
  { stopAtMs, stopAtLocalMs = null }: StopInstant,
  atMs: number,
  { clockOffsetRangeMs }: Pick<SourceStreamProxy, ServiceTime>,
): boolean {
  if (stopAtLocalMs !== null) return atMs >= stopAtLocalMs
  return stopAtMs !== null && atMs + clockOffsetRangeMs[0] >= stopAtMs
}

/** Cuts a batch at the stopping instant. `atTip`: no record was left to read after the stopping instant had passed. */
export function stopAt(fetched: Fetched, stopAtMs: number, atTip: boolean): Fetched {
  const { batch } = fetched
  const arrivals = batch?.timestamp
  if (batch !== null && arrivals !== null && arrivals !== undefined) {
    const firstLate = arrivals.findIndex(arrival => arrival > stopAtMs)
    if (firstLate >= 0)
      return {
        batch: firstLate === 0 ? null : batch.slice(0, firstLate),
        end: { type: 'stopped' },
        continuationSequenceNumber: null,
      }
  }
  if (fetched.end === null && atTip) return { ...fetched, end: { type: 'stopped' } }
  return fetched
}
