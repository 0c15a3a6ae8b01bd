/**
 * Keeps the entries of a key in their order: at most one of them is in flight at a time, so that none can overtake another one
 * that was refused.
 *
 *   waiting   'AMS': e1 e4 e5      ready   AMS, OSL       keys without an entry in flight
 *             'OSL': e3            in flight   JFK
 *             'JFK': e2
 */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import { addEntry, countBytes, entrySize, forEachEntry, keyText } from './entry-runs.ts'
import type { Batch, SinkBuffer } from './sink-buffer.ts'

interface Entry {
  readonly run: EntryRun
  readonly i: number
}

interface Queue {
  /** In reverse order: the next entry is the last element. */
  readonly front: Entry[]
  /** The entries after `front`, in order. Those before `head` were taken. */
  readonly back: Entry[]
  head: number
  isReady: boolean
}

export class OrderedBuffer implements SinkBuffer {
  readonly #keyOf: (run: EntryRun, i: number) => string
  readonly #queues = new Map<string, Queue>()
  readonly #inFlight: Set<string>
  /** Keys whose next entry may be sent. Keys of which an entry was refused come first. */
  #refused: string[] = []
  #ready: string[] = []
  #readyHead = 0
  #count = 0
  #bytes = 0
  readonly resumesAt = null

  /** `inFlight`: the keys with an entry in flight, shared by buffers that hold entries of the same keys. */
  constructor(keyOf: (run: EntryRun, i: number) => string = keyText, inFlight = new Set<string>()) {
    this.#keyOf = keyOf
    this.#inFlight = inFlight
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  get pressing(): number {
    return this.#count
  }

  push(run: EntryRun): void {
    forEachEntry([run], (_, i) => {
      const key = this.#keyOf(run, i)
      const queue = this.#queueOf(key)
      queue.back.push({ run, i })
      this.#offer(key, queue, this.#ready)
    })
    this.#account([run])
  }

  pushFront(runs: readonly EntryRun[]): void {
    const entries: Entry[] = []
    forEachEntry(runs, (run, i) => entries.push({ run, i }))
    const keys = entries.map(({ run, i }) => this.#keyOf(run, i))
    for (let at = entries.length - 1; at >= 0; at--) this.#queueOf(keys[at]!).front.push(entries[at]!)
    for (const key of keys) this.#offer(key, this.#queues.get(key)!, this.#refused)
    this.#account(runs)
  }

  take(maxCount: number, maxBytes: number): Batch | null {
    const runs: EntryRun[] = []
    let count = 0
    let bytes = 0
    while (count < maxCount) {
      const key = this.#nextKey()
      if (key === undefined) break
      const queue = this.#queues.get(key)!
      // Another buffer that shares `inFlight` may have sent an entry of this key.
      if (this.#inFlight.has(key)) {
        this.#dropNextKey()
        queue.isReady = false
        continue
      }
      const { run, i } = queue.front.at(-1) ?? queue.back[queue.head]!
      const size = entrySize(run, i)
      if (count > 0 && bytes + size > maxBytes) break
      this.#dropNextKey()
      queue.isReady = false
      if (queue.front.length > 0) queue.front.pop()
      else queue.head++
      if (queue.head * 2 > queue.back.length) {
        queue.back.splice(0, queue.head)
        queue.head = 0
      }
      if (queue.front.length + queue.back.length - queue.head === 0) this.#queues.delete(key)
      this.#inFlight.add(key)
      addEntry(runs, run, i)
      bytes += size
      count++
    }
    this.#count -= count
    this.#bytes -= bytes
    return count === 0 ? null : { runs, count, bytes }
  }

  returned({ runs }: Batch): boolean {
    forEachEntry(runs, (run, i) => {
      const key = this.#keyOf(run, i)
      this.#inFlight.delete(key)
      const queue = this.#queues.get(key)
      if (queue !== undefined) this.#offer(key, queue, this.#ready)
    })
    return false
  }

  runs(): EntryRun[] {
    const runs: EntryRun[] = []
    for (const { front, back, head } of this.#queues.values()) {
      for (let at = front.length - 1; at >= 0; at--) addEntry(runs, front[at]!.run, front[at]!.i)
      for (let at = head; at < back.length; at++) addEntry(runs, back[at]!.run, back[at]!.i)
    }
    return runs
  }

  #queueOf(key: string): Queue {
    let queue = this.#queues.get(key)
    if (queue === undefined) this.#queues.set(key, (queue = { front: [], back: [], head: 0, isReady: false }))
    return queue
  }

  #offer(key: string, queue: Queue, to: string[]): void {
    if (queue.isReady || this.#inFlight.has(key)) return
    queue.isReady = true
    to.push(key)
  }

  #nextKey(): string | undefined {
    return this.#refused[0] ?? this.#ready[this.#readyHead]
  }

  #dropNextKey(): void {
    if (this.#refused.length > 0) {
      this.#refused.shift()
      return
    }
    if (++this.#readyHead * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#readyHead)
      this.#readyHead = 0
    }
  }

  #account(runs: readonly EntryRun[]): void {
    for (const run of runs) this.#count += run.to - run.from
    this.#bytes += countBytes(runs)
  }
}
