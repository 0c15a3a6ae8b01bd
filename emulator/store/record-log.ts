// The retained records of one shard, in order, in segments. Indices are consecutive, start at 1 and are never reused.
// Arrival times never decrease. A record that is past the retention period or beyond the byte bound is not visible. Its
// memory is freed together with its segment. The caller decides when to trim.
import { PLAIN, Segment, storedBytes } from './segment.ts'
import type { SegmentKind } from './segment.ts'

const FIRST_SEGMENT_BYTES = 4 * 1024
const LARGEST_SEGMENT_BYTES = 1024 * 1024

/** The records `[from, to)` of one segment, counted within the segment. */
export interface Run {
  readonly segment: Segment
  readonly from: number
  readonly to: number
}

/** The result of a read: runs of records, in order. */
export interface RecordRange {
  readonly runs: readonly Run[]
  readonly count: number
  /** Bytes of keys and data. */
  readonly payloadBytes: number
  /** Index at which the next read continues. */
  readonly nextIndex: number
}

export class RecordLog {
  readonly #maxBytes: number
  #segments: Segment[] = []
  #firstIndex = 1
  #nextIndex = 1
  #lastArrivalMs = 0
  #capacityBytes = 0

  /** @param maxBytes Bytes of all slabs. When there are more, the oldest segments are removed. */
  constructor(maxBytes = Infinity) {
    this.#maxBytes = maxBytes
  }

  /** Index of the oldest retained record. It equals `nextIndex` when no record is retained. */
  get firstIndex(): number {
    return this.#firstIndex
  }

  get nextIndex(): number {
    return this.#nextIndex
  }

  /** Bytes allocated for slabs. */
  get capacityBytes(): number {
    return this.#capacityBytes
  }

  /** Copies a record into the log and returns its index. Both ranges are offsets into `source`. */
  append(
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    dataStart: number,
    dataEnd: number,
    nowMs: number,
    { encrypted, keyless }: SegmentKind = PLAIN,
  ): number {
    const bytes = storedBytes(keyEnd - keyStart, dataEnd - dataStart)
    let segment = this.#segments.at(-1)
    const alike = segment?.kind.encrypted === encrypted && segment.kind.keyless === keyless
    if (!alike || segment?.fits(bytes) !== true) segment = this.#addSegment(bytes, alike, { encrypted, keyless })
    if (nowMs > this.#lastArrivalMs) this.#lastArrivalMs = nowMs
    segment.append(source, keyStart, keyEnd, dataStart, dataEnd, this.#lastArrivalMs)
    return this.#nextIndex++
  }

  /**
   * Reads at most `maxRecords` records from `index` on, with at most `maxBytes` bytes of payload. The first record is
   * returned even when it is larger.
   */
  read(index: number, maxRecords: number, maxBytes: number): RecordRange {
    const runs: Run[] = []
    let next = Math.max(index, this.#firstIndex)
    let payloadBytes = 0
    let count = 0
    let full = false
    for (let s = this.#segmentOf(next); s < this.#segments.length && !full && count < maxRecords; s++) {
      const segment = this.#segments[s]!
      const from = next - segment.firstIndex
      let to = from
      for (; to < segment.count && count < maxRecords; to++, count++) {
        const bytes = segment.payloadBytes(to)
        full = count > 0 && payloadBytes + bytes > maxBytes
        if (full) break
        payloadBytes += bytes
      }
      if (to > from) runs.push({ segment, from, to })
      next = segment.firstIndex + to
    }
    return { runs, count, payloadBytes, nextIndex: next }
  }

  /**
   * Returns when the record at `index` arrived, in milliseconds since the epoch. Returns undefined when there is no record.
   */
  arrivalMs(index: number): number | undefined {
    if (index < this.#firstIndex || index >= this.#nextIndex) return undefined
    const segment = this.#segments[this.#segmentOf(index)]!
    return segment.arrivalMs(index - segment.firstIndex)
  }

  /** Returns the index of the first retained record that arrived at or after `ms`, or `nextIndex` when there is none. */
  indexAtTime(ms: number): number {
    for (const segment of this.#segments) {
      const i = segment.indexAtTime(ms)
      if (i < segment.count) return Math.max(this.#firstIndex, segment.firstIndex + i)
    }
    return this.#nextIndex
  }

  /** Removes every record that arrived before `horizonMs`. */
  trim(horizonMs: number): void {
    const first = this.#segments[0]
    if (first === undefined || this.#firstIndex === this.#nextIndex) return
    if (first.arrivalMs(this.#firstIndex - first.firstIndex) >= horizonMs) return
    this.#firstIndex = this.indexAtTime(horizonMs)
    while (this.#segments[0] !== undefined && this.#segments[0].nextIndex <= this.#firstIndex) this.#dropSegment()
  }

  /**
   * @param grow Whether the slab may be larger than the last one. Records of alternating kinds each start a segment, and large
   *   slabs would waste memory then.
   */
  #addSegment(bytes: number, grow: boolean, kind: SegmentKind): Segment {
    const last = this.#segments.at(-1)
    const size =
      last === undefined || !grow ? FIRST_SEGMENT_BYTES : Math.min(LARGEST_SEGMENT_BYTES, last.slab.length * 4)
    const segment = new Segment(this.#nextIndex, Math.max(size, bytes), kind)
    this.#segments.push(segment)
    this.#capacityBytes += segment.slab.length
    while (this.#capacityBytes > this.#maxBytes && this.#segments.length > 1) {
      this.#dropSegment()
      this.#firstIndex = Math.max(this.#firstIndex, this.#segments[0]!.firstIndex)
    }
    return segment
  }

  #dropSegment(): void {
    this.#capacityBytes -= this.#segments.shift()!.slab.length
  }

  /** Returns the position of the segment with `index`, or the number of segments when `index` is after all of them. */
  #segmentOf(index: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.nextIndex <= index) low = middle + 1
      else high = middle
    }
    return low
  }
}
