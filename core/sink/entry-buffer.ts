/**
 * The entries of a sink that wait to be sent, as runs over the slabs that they came in: no object per entry.
 *
 *   front  [run: entries 730-999 of batch 7] [run: 0-999 of batch 8] [run: 0-411 of batch 9]  tail
 *
 * `take` cuts runs where a request is full; entries that the service refused go back to the front in their order.
 */
import type { EntryRun } from '../kinesis/put-records-codec.ts'

const NO_BYTES = Buffer.alloc(0)
const NO_NUMBERS = new Uint32Array(0)
const NOTHING: EntryRun = {
  slab: NO_BYTES,
  dataOffset: NO_NUMBERS,
  dataLength: NO_NUMBERS,
  keySlab: NO_BYTES,
  keyOffset: NO_NUMBERS,
  keyLength: NO_NUMBERS,
  from: 0,
  to: 0,
}

export class EntryBuffer {
  #runs: EntryRun[] = []
  /** Index of the front run: runs before it were taken. */
  #head = 0
  #count = 0
  #bytes = 0

  get count(): number {
    return this.#count
  }

  /** Data and partition keys, as the service counts. */
  get bytes(): number {
    return this.#bytes
  }

  push(run: EntryRun): void {
    if (run.from === run.to) return
    this.#runs.push(run)
    this.#account(run)
  }

  pushFront(runs: readonly EntryRun[]): void {
    this.#runs = [...runs, ...this.runs()]
    this.#head = 0
    for (const run of runs) this.#account(run)
  }

  /** At most `maxCount` entries from the front, fewer where `maxBytes` would be passed, but at least one. */
  take(maxCount: number, maxBytes: number): EntryRun[] {
    const taken: EntryRun[] = []
    let count = 0
    let bytes = 0
    while (this.#head < this.#runs.length && count < maxCount) {
      const run = this.#runs[this.#head]!
      let to = run.from
      while (to < run.to && count < maxCount) {
        const size = entrySize(run, to)
        if (count > 0 && bytes + size > maxBytes) break
        bytes += size
        count++
        to++
      }
      if (to === run.from) break
      taken.push(to === run.to ? run : { ...run, to })
      if (to < run.to) {
        this.#runs[this.#head] = { ...run, from: to }
        break
      }
      // A run that was taken must not keep its slab alive from here.
      this.#runs[this.#head++] = NOTHING
    }
    if (this.#head * 2 > this.#runs.length) {
      this.#runs = this.#runs.slice(this.#head)
      this.#head = 0
    }
    this.#count -= count
    this.#bytes -= bytes
    return taken
  }

  runs(): EntryRun[] {
    return this.#runs.slice(this.#head)
  }

  #account(run: EntryRun): void {
    this.#count += run.to - run.from
    for (let i = run.from; i < run.to; i++) this.#bytes += entrySize(run, i)
  }
}

export function entrySize(run: EntryRun, i: number): number {
  return run.dataLength[i]! + run.keyLength[i]!
}

export function countEntries(runs: readonly EntryRun[]): number {
  return runs.reduce((sum, run) => sum + run.to - run.from, 0)
}

/** The entries at `indices` (ascending, counted over all runs of a request), each as a run that keeps its order. */
export function selectEntries(runs: readonly EntryRun[], indices: readonly number[]): EntryRun[] {
  const selected: EntryRun[] = []
  let run = 0
  let before = 0
  for (const index of indices) {
    while (index - before >= runs[run]!.to - runs[run]!.from) {
      before += runs[run]!.to - runs[run]!.from
      run++
    }
    const at = runs[run]!.from + index - before
    const last = selected.at(-1)
    if (last?.to === at && last.dataOffset === runs[run]!.dataOffset)
      selected[selected.length - 1] = { ...last, to: at + 1 }
    else selected.push({ ...runs[run]!, from: at, to: at + 1 })
  }
  return selected
}
