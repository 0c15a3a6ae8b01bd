/**
 * Keeps the entries of shards that throttle apart from the others, so that a hot shard delays its own entries only.
 *
 *   others   e3 e5 e6 e8                                   sent as they come
 *   hot      shard 7: e1 e2 e4    window 40, 40 in flight       as many in flight as its window allows
 *            shard 9: e7          waits until 12:00:00.350      none is sent during a pause
 *
 * A shard gets a window when it is first throttled, and loses it when it has not been throttled for a while. Without windows, and
 * while the shards of the stream are not known, the buffer costs nothing. A window grows like the limit of the whole writer, but a
 * throttle halves it, because the throttle concerns this one shard.
 */
import type { EntryRun, FailedEntry } from '../../../aws/kinesis/put-records-codec.ts'
import { hashKeyOf } from '../../../aws/kinesis/put-records-codec.ts'
import { addEntry, forEachEntry } from '../../async-sink/entry-runs.ts'
import { fromDecimal, hashOfKey } from './shard-map.ts'
import type { ShardMap } from './shard-map.ts'
import type { Batch, SinkBuffer } from '../../async-sink/sink-buffer.ts'

export const THROTTLED = 'ProvisionedThroughputExceededException'

const DECREASE = 0.5
const INCREASE = 10
const FIRST_WINDOW = 500
const BACKOFF_BASE_MS = 50
/** The service counts by the second. A longer pause would leave some of the rate unused. */
const BACKOFF_MAX_MS = 500
const QUIET_MS = 10_000
const ASK_AGAIN_MS = 30_000

interface HotShard {
  readonly shardId: string
  waiting: SinkBuffer
  window: number
  inFlight: number
  /** Throttles in a row. */
  failures: number
  resumesAt: number
  throttledAt: number
}

export interface ShardWindowsOptions {
  readonly map: ShardMap
  readonly makeBuffer: () => SinkBuffer
  /** Monotonic, milliseconds. */
  readonly now: () => number
  /** From 0 up to 1. */
  readonly random: () => number
}

export class ShardWindows implements SinkBuffer {
  readonly #options: ShardWindowsOptions
  #others: SinkBuffer
  readonly #hot = new Map<string, HotShard>()
  /** For each batch in flight: how many entries it has of each hot shard. */
  readonly #charges = new WeakMap<Batch, ReadonlyMap<HotShard, number>>()
  #mapVersion = 0
  #askedAt = -Infinity

  constructor(options: ShardWindowsOptions) {
    this.#options = options
    this.#others = options.makeBuffer()
  }

  get count(): number {
    return this.#sum(b => b.count)
  }

  get bytes(): number {
    return this.#sum(b => b.bytes)
  }

  get pressing(): number {
    let pressing = this.#others.pressing
    for (const shard of this.#hot.values()) pressing += Math.min(this.#room(shard), shard.waiting.pressing)
    return pressing
  }

  get resumesAt(): number | null {
    const now = this.#options.now()
    let first = Infinity
    for (const { waiting, resumesAt } of this.#hot.values())
      if (waiting.count > 0 && resumesAt > now) first = Math.min(first, resumesAt)
    return first === Infinity ? null : first
  }

  /** The windows of the shards that have one. */
  get windows(): ReadonlyMap<string, number> {
    return new Map([...this.#hot].map(([shardId, { window }]) => [shardId, window]))
  }

  push(run: EntryRun): void {
    if (this.#hot.size === 0) this.#others.push(run)
    else this.#deal([run], (buffer, runs) => runs.forEach(r => buffer.push(r)))
  }

  pushFront(runs: readonly EntryRun[]): void {
    if (this.#hot.size === 0) this.#others.pushFront(runs)
    else this.#deal(runs, (buffer, own) => buffer.pushFront(own))
  }

  take(maxCount: number, maxBytes: number): Batch | null {
    if (this.#hot.size === 0) return this.#others.take(maxCount, maxBytes)
    this.#coolDown()
    const parts: Batch[] = []
    const charges = new Map<HotShard, number>()
    let [count, bytes] = [0, 0]
    const takeFrom = (buffer: SinkBuffer, most: number): number => {
      if (most <= 0 || (count > 0 && bytes >= maxBytes)) return 0
      const part = buffer.take(most, maxBytes - bytes)
      if (part === null) return 0
      // A buffer returns its first entry whatever the size. Only the first entry of a batch may be that large.
      if (count > 0 && bytes + part.bytes > maxBytes) {
        buffer.returned(part, [])
        buffer.pushFront(part.runs)
        return 0
      }
      parts.push(part)
      count += part.count
      bytes += part.bytes
      return part.count
    }
    for (const shard of this.#hot.values()) {
      const taken = takeFrom(shard.waiting, Math.min(maxCount - count, this.#room(shard)))
      if (taken === 0) continue
      shard.inFlight += taken
      charges.set(shard, taken)
    }
    takeFrom(this.#others, maxCount - count)
    if (count === 0) return null
    const batch = { runs: parts.flatMap(p => p.runs), count, bytes }
    this.#charges.set(batch, charges)
    return batch
  }

  returned(batch: Batch, refused: readonly FailedEntry[] | null): boolean {
    const failed = refused ?? []
    const throttled = this.#throttled(batch, failed)
    let explained = 0
    const charges = this.#charges.get(batch)
    charges?.forEach((entries, shard) => {
      shard.inFlight -= entries
      if (refused === null || throttled.has(shard.shardId)) return
      shard.failures = 0
      shard.window = Math.min(shard.window + INCREASE, FIRST_WINDOW)
    })
    this.#others.returned(batch, failed)
    for (const { waiting } of this.#hot.values()) waiting.returned(batch, failed)
    throttled.forEach((entries, shardId) => {
      explained += entries
      this.#throttle(shardId, charges, entries)
    })
    if (failed.some(f => f.errorCode === THROTTLED)) this.#learn()
    return explained === failed.length
  }

  /** Lists the shards, at most once in a while. Until they are known, throttles are not assigned to shards. */
  #learn(): void {
    const { map, now } = this.#options
    if (now() - this.#askedAt < ASK_AGAIN_MS) return
    this.#askedAt = now()
    map.refresh().then(
      () => this.#regroup(),
      () => undefined, // The permission to write to a stream does not include the permission to list its shards.
    )
  }

  /** Distributes all entries again after the shards have changed. */
  #regroup(): void {
    if (this.#options.map.version === this.#mapVersion) return
    this.#mapVersion = this.#options.map.version
    if (this.#hot.size === 0) return
    const all = this.runs()
    for (const [shardId] of this.#hot) if (this.#options.map.byId(shardId) === null) this.#hot.delete(shardId)
    this.#others = this.#options.makeBuffer()
    for (const shard of this.#hot.values()) shard.waiting = this.#options.makeBuffer()
    for (const run of all) this.push(run)
  }

  runs(): EntryRun[] {
    // Entries of hot shards were held back, so they are older.
    return [...[...this.#hot.values()].flatMap(s => s.waiting.runs()), ...this.#others.runs()]
  }

  #sum(of: (buffer: SinkBuffer) => number): number {
    let sum = of(this.#others)
    for (const { waiting } of this.#hot.values()) sum += of(waiting)
    return sum
  }

  #room({ window, inFlight, resumesAt }: HotShard): number {
    return resumesAt > this.#options.now() ? 0 : Math.max(0, window - inFlight)
  }

  #shardOf(run: EntryRun, i: number): string | undefined {
    const explicit = hashKeyOf(run, i)
    const key = run.keyOffset[i]!
    const hashKey =
      explicit === null ? hashOfKey(run.keySlab.subarray(key, key + run.keyLength[i]!)) : fromDecimal(explicit)
    return this.#options.map.shardOf(hashKey)?.shardId
  }

  /** Gives each buffer its entries, in their order. */
  #deal(runs: readonly EntryRun[], hand: (buffer: SinkBuffer, runs: EntryRun[]) => void): void {
    const dealt = new Map<SinkBuffer, EntryRun[]>()
    forEachEntry(runs, (run, i) => {
      const buffer = this.#hot.get(this.#shardOf(run, i) ?? '')?.waiting ?? this.#others
      let own = dealt.get(buffer)
      if (own === undefined) dealt.set(buffer, (own = []))
      addEntry(own, run, i)
    })
    dealt.forEach((own, buffer) => hand(buffer, own))
  }

  /** By shard: how many of its entries were throttled. */
  #throttled({ runs }: Batch, failed: readonly FailedEntry[]): Map<string, number> {
    const throttled = new Map<string, number>()
    if (failed.length === 0 || this.#options.map.version === 0) return throttled
    let at = 0
    let index = 0
    forEachEntry(runs, (run, i) => {
      if (failed[at]?.index === index++) {
        if (failed[at++]!.errorCode !== THROTTLED) return
        const shardId = this.#shardOf(run, i)
        if (shardId !== undefined) throttled.set(shardId, (throttled.get(shardId) ?? 0) + 1)
      }
    })
    return throttled
  }

  #throttle(shardId: string, charges: ReadonlyMap<HotShard, number> | undefined, refused: number): void {
    const { makeBuffer, now, random } = this.#options
    let shard = this.#hot.get(shardId)
    if (shard === undefined) {
      const first = { window: FIRST_WINDOW, inFlight: 0, failures: 0, resumesAt: 0, throttledAt: 0 }
      shard = { shardId, waiting: makeBuffer(), ...first }
      const before = this.#others.runs()
      this.#others = makeBuffer()
      this.#hot.set(shardId, shard)
      for (const run of before) this.push(run)
    }
    // At most half of the entries that were in flight when the shard throttled.
    const tried = charges?.get(shard) ?? refused
    shard.window = Math.max(1, Math.floor(Math.min(shard.window, Math.max(tried, 2)) * DECREASE))
    shard.throttledAt = now()
    const bound = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(shard.failures++, 16))
    shard.resumesAt = now() + random() * bound
  }

  /** Removes the windows of shards that have not been throttled for a while. */
  #coolDown(): void {
    const now = this.#options.now()
    for (const [shardId, { waiting, inFlight, throttledAt }] of this.#hot)
      if (waiting.count === 0 && inFlight === 0 && now - throttledAt > QUIET_MS) this.#hot.delete(shardId)
  }
}
