/**
 * What the source reader asks of whatever reads one shard, by polling or by enhanced fan-out. It reads one answer ahead: while
 * the job works on a batch, the next waits in the slot, and no further; that is the backpressure.
 */
import type { ChildShard } from '../../../../aws/kinesis/get-records-result.ts'
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'

export type FetchEnd =
  { readonly type: 'shard-end'; readonly childShards: readonly ChildShard[] } | { readonly type: 'stopped' }

export interface Fetched {
  readonly batch: RecordBatch | null
  /** Set when nothing follows this batch. */
  readonly end: FetchEnd | null
  /** Where enhanced fan-out goes on once the batch was emitted; null: by the last record's sequence number. */
  readonly continuationSequenceNumber: string | null
}

/** What a shard's reader is doing; `explain` shows it. */
export type ReaderActivity =
  | 'starting'
  /** As many shards as `shardline.source.max-concurrent-reads` allows are being read; its turn comes. */
  | 'waiting-for-turn'
  | 'fetching'
  | 'subscribed'
  /** Its records wait for the job. */
  | 'backpressured'
  /** A pause between two calls. */
  | 'pausing'
  | 'retrying'
  | 'ended'

export interface ShardReader {
  readonly shardId: string
  /** -1: not known yet. */
  readonly millisBehindLatest: number
  readonly activity: ReaderActivity
  /** What the last call failed of, while it is tried again; null: nothing. */
  readonly trouble: string | null
  /** When the service last gave a usable answer; before the first, when reading began. Epoch milliseconds. */
  readonly lastAnswerAtMs: number
  /** Milliseconds between the last two calls; what a subscription knows nothing of is null. */
  readonly fetchIntervalMs: number | null
  readonly throttles: number
  readonly ready: boolean
  take(): Fetched | null
  /** Runs until the shard ends, the source stops, or `close`. @throws ServiceError when it cannot go on */
  run(): Promise<void>
  close(): void
}

/** One answer on its way from a shard's loop to the job. */
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

  /** Resolves when it was taken. @throws the signal's reason */
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

/** How far the service's clock may be behind what its answers allow to assume, milliseconds. */
export function clockSlackMs({ clockOffsetMs, clockOffsetRangeMs }: Pick<SourceStreamProxy, ServiceTime>): number {
  return clockOffsetMs - clockOffsetRangeMs[0]
}

type ServiceTime = 'clockOffsetMs' | 'clockOffsetRangeMs'

interface StopInstant {
  readonly stopAtMs: number | null
  readonly stopAtLocalMs?: number | null
}

/** Whether the source's stopping time had passed at the service, for sure, when a request was made at this machine's `atMs`. */
export function hasReached(
  { stopAtMs, stopAtLocalMs = null }: StopInstant,
  atMs: number,
  { clockOffsetRangeMs }: Pick<SourceStreamProxy, ServiceTime>,
): boolean {
  if (stopAtLocalMs !== null) return atMs >= stopAtLocalMs
  return stopAtMs !== null && atMs + clockOffsetRangeMs[0] >= stopAtMs
}

/** Cuts a batch where the source stops. `atTip`: nothing was left to read when the stopping time had passed. */
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
