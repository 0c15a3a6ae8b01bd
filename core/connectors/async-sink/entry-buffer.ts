/**
 * A buffer that sends first what came first. It holds runs over the slabs of the entries, without an object for each entry.
 *
 *   front  [run: entries 730-999 of batch 7] [run: 0-999 of batch 8] [run: 0-411 of batch 9]  tail
 *
 * `take` cuts a run where a request is full. Entries that the service refused return to the front, in their order.
 */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import { countBytes, entrySize } from './entry-runs.ts'
import type { Batch, SinkBuffer } from './sink-buffer.ts'

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

export class EntryBuffer implements SinkBuffer {
  #runs: EntryRun[] = []
  /** Index of the first run. The runs before it were taken. */
  #head = 0
  #count = 0
  #bytes = 0
  readonly resumesAt = null

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
    if (run.from === run.to) return
    this.#runs.push(run)
    this.#account([run])
  }

  pushFront(runs: readonly EntryRun[]): void {
    this.#runs = [...runs, ...this.runs()]
    this.#head = 0
    this.#account(runs)
  }

  take(maxCount: number, maxBytes: number): Batch | null {
    const runs: EntryRun[] = []
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
      runs.push(to === run.to ? run : { ...run, to })
      if (to < run.to) {
        this.#runs[this.#head] = { ...run, from: to }
        break
      }
      // The buffer must not keep the slab of a run alive that was taken.
      this.#runs[this.#head++] = NOTHING
    }
    if (this.#head * 2 > this.#runs.length) {
      this.#runs = this.#runs.slice(this.#head)
      this.#head = 0
    }
    this.#count -= count
    this.#bytes -= bytes
    return count === 0 ? null : { runs, count, bytes }
  }

  returned(): boolean {
    return false
  }

  runs(): EntryRun[] {
    return this.#runs.slice(this.#head)
  }

  #account(runs: readonly EntryRun[]): void {
    for (const run of runs) this.#count += run.to - run.from
    this.#bytes += countBytes(runs)
  }
}
