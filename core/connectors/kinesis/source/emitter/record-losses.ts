/**
 * Counts the records that a source leaves out, by shard and by kind, and warns of them. The first loss of a shard is a warning at
 * once; further losses within a minute are one line at the end of that minute. One object serves all readers of a source in all
 * attempts of its job. Records that are read cost nothing here.
 */
import type { Clock } from '../../../../foundation/clock.ts'
import { NO_LOSSES } from '../../../../metrics/shard-metrics.ts'
import type { ShardLosses } from '../../../../metrics/shard-metrics.ts'

export type LossKind = keyof ShardLosses

const WINDOW_MS = 60_000
/** The largest number of lines of one kind in a window. */
const MAX_LINES = 10

const MEANING: Readonly<Record<LossKind, (count: number) => string>> = {
  droppedUserRecords: count =>
    `${count} user ${records(count)} dropped. An aggregate that holds a record of another shard is dropped whole, as by Amazon's consumer library; its producer must send it again.`,
  skippedRecords: count => `${count} unreadable ${records(count)} left out (shardline.source.poison-records is skip).`,
  deadLetters: count => `${count} unreadable ${records(count)} given to the dead letters.`,
  expiredPositions: count =>
    `${count} ${count === 1 ? 'position' : 'positions'} had passed the retention. Records may have been missed.`,
}

function records(count: number): string {
  return count === 1 ? 'record was' : 'records were'
}

interface Place {
  readonly stream: string
  readonly shardId: string
}

interface Window {
  lines: number
  /** By shard: losses that no line has named yet. */
  readonly pending: Map<string, { readonly place: Place; count: number }>
  readonly cancel: () => void
}

export class RecordLosses {
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #totals = new Map<string, ShardLosses>()
  readonly #windows = new Map<LossKind, Window>()

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock
    this.#warn = warn
  }

  of(stream: string, shardId: string): ShardLosses {
    return this.#totals.get(keyOf({ stream, shardId })) ?? NO_LOSSES
  }

  /** `example`: sentences about the first of the records. */
  add(kind: LossKind, place: Place, count: number, example: () => string = () => ''): void {
    if (count === 0) return
    const key = keyOf(place)
    const totals = this.#totals.get(key) ?? NO_LOSSES
    this.#totals.set(key, { ...totals, [kind]: totals[kind] + count })
    const window = this.#windows.get(kind) ?? this.#open(kind)
    const waiting = window.pending.get(key)
    if (waiting !== undefined) waiting.count += count
    else {
      // Further losses of the shard wait for the end of the window.
      const isNew = window.lines < MAX_LINES
      window.pending.set(key, { place, count: isNew ? 0 : count })
      if (isNew) this.#write(kind, window, place, count, example())
    }
  }

  /** Drops the counts of a shard that is not shown any more. */
  forget(stream: string, shardId: string): void {
    this.#totals.delete(keyOf({ stream, shardId }))
  }

  /** Writes the losses that no line has named yet. */
  close(): void {
    for (const [kind, window] of this.#windows) {
      window.cancel()
      this.#flush(kind, { ...window, lines: 0 })
    }
    this.#windows.clear()
  }

  #open(kind: LossKind): Window {
    const cancel = this.#clock.schedule(WINDOW_MS, () => this.#endWindow(kind), true)
    const window = { lines: 0, pending: new Map(), cancel }
    this.#windows.set(kind, window)
    return window
  }

  /** While losses go on, windows follow each other without a gap. */
  #endWindow(kind: LossKind): void {
    const ended = this.#windows.get(kind)!
    this.#windows.delete(kind)
    if ([...ended.pending.values()].every(p => p.count === 0)) return
    const next = this.#open(kind)
    this.#flush(kind, { ...ended, lines: 0 })
    for (const [key, { place }] of ended.pending) next.pending.set(key, { place, count: 0 })
  }

  #flush(kind: LossKind, window: Window): void {
    const waiting = [...window.pending.values()].filter(p => p.count > 0)
    if (waiting.length <= MAX_LINES) {
      for (const { place, count } of waiting) this.#write(kind, window, place, count, '')
      return
    }
    const count = waiting.reduce((sum, p) => sum + p.count, 0)
    const named = waiting.slice(0, MAX_LINES).map(p => p.place.shardId)
    this.#warn(
      `${waiting.length} shards, among them ${named.join(', ')}: ${MEANING[kind](count)} The command 'shardline explain' shows each shard.`,
    )
  }

  #write(kind: LossKind, window: Window, { stream, shardId }: Place, count: number, example: string): void {
    window.lines++
    const total = this.of(stream, shardId)[kind]
    const sum = total > count ? ` (${total} since the job started.)` : ''
    this.#warn(
      `Stream ${stream}, shard ${shardId}: ${MEANING[kind](count)}${sum}${example === '' ? '' : ` ${example}`}`,
    )
  }
}

const keyOf = ({ stream, shardId }: Place): string => `${stream} ${shardId}`
