// Consecutive records of one shard: one slab of bytes and three numbers for each record, without an object for each record.
// The slab holds the records in the form of a CBOR response, so that a read only copies bytes.
//
// | bytes of a record in the slab | what                                       |
// |-------------------------------|--------------------------------------------|
// | 1..3                          | text head of the partition key             |
// | k                             | the partition key, UTF-8                   |
// | 5                             | `64 44 61 74 61`: the text "Data"          |
// | 1..5                          | byte string head of the data               |
// | d                             | the data                                   |
import { BYTES, headLength, TEXT, writeHead } from '../encoding/cbor-head.ts'

const DATA_NAME_BYTES = 5

/** Returns the bytes that a record with a key and data of these lengths takes in a slab. */
export function storedBytes(keyBytes: number, dataBytes: number): number {
  return headLength(keyBytes) + keyBytes + DATA_NAME_BYTES + headLength(dataBytes) + dataBytes
}

/** What the records of a segment have in common. */
export interface SegmentKind {
  /** Whether the records were written while the stream was encrypted. */
  readonly encrypted: boolean
  /** Whether the records have no partition key. The key in the slab is empty then. */
  readonly keyless: boolean
}

export const PLAIN: SegmentKind = { encrypted: false, keyless: false }

/** An append-only segment. Retention and quotas are left to the log and the shard. */
export class Segment {
  /** Index of the segment's first record within the shard. */
  readonly firstIndex: number
  readonly slab: Buffer
  readonly kind: SegmentKind
  /** Bytes of the slab that are in use. */
  used = 0
  /** Number of records. */
  count = 0
  #starts = new Uint32Array(64)
  #keyBytes = new Uint16Array(64)
  #arrivals = new Float64Array(64)

  constructor(firstIndex: number, capacityBytes: number, kind: SegmentKind = PLAIN) {
    this.firstIndex = firstIndex
    this.kind = kind
    this.slab = Buffer.from(new ArrayBuffer(capacityBytes))
  }

  get nextIndex(): number {
    return this.firstIndex + this.count
  }

  fits(bytes: number): boolean {
    return this.used + bytes <= this.slab.length
  }

  /** Copies a record into the slab. The caller checks `fits` first. Both ranges are offsets into `source`. */
  append(
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    dataStart: number,
    dataEnd: number,
    arrivalMs: number,
  ): void {
    const { slab } = this
    if (this.count === this.#starts.length) this.#grow()
    this.#starts[this.count] = this.used
    this.#keyBytes[this.count] = keyEnd - keyStart
    this.#arrivals[this.count] = arrivalMs
    let at = writeHead(slab, this.used, TEXT, keyEnd - keyStart)
    at = copy(source, keyStart, keyEnd, slab, at)
    slab[at] = 0x64
    slab[at + 1] = 0x44
    slab[at + 2] = 0x61
    slab[at + 3] = 0x74
    slab[at + 4] = 0x61
    at = writeHead(slab, at + DATA_NAME_BYTES, BYTES, dataEnd - dataStart)
    this.used = copy(source, dataStart, dataEnd, slab, at)
    this.count++
  }

  /**
   * Returns the offset of record `i` in the slab, counted within the segment. For `count` it returns the end of the last.
   */
  start(i: number): number {
    return i < this.count ? this.#starts[i]! : this.used
  }

  arrivalMs(i: number): number {
    return this.#arrivals[i]!
  }

  keyStart(i: number): number {
    return this.#starts[i]! + headLength(this.#keyBytes[i]!)
  }

  keyEnd(i: number): number {
    return this.keyStart(i) + this.#keyBytes[i]!
  }

  dataStart(i: number): number {
    const head = this.keyEnd(i) + DATA_NAME_BYTES
    const rest = this.start(i + 1) - head
    return head + (rest <= 24 ? 1 : rest <= 257 ? 2 : rest <= 65_538 ? 3 : 5)
  }

  dataEnd(i: number): number {
    return this.start(i + 1)
  }

  /** Returns the bytes of key and data, which count against the quotas. */
  payloadBytes(i: number): number {
    return this.#keyBytes[i]! + this.dataEnd(i) - this.dataStart(i)
  }

  /** Returns the first record that arrived at or after `ms`, or `count` when there is none. */
  indexAtTime(ms: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#arrivals[middle]! < ms) low = middle + 1
      else high = middle
    }
    return low
  }

  #grow(): void {
    const starts = new Uint32Array(this.count * 2)
    const keyBytes = new Uint16Array(this.count * 2)
    const arrivals = new Float64Array(this.count * 2)
    starts.set(this.#starts)
    keyBytes.set(this.#keyBytes)
    arrivals.set(this.#arrivals)
    this.#starts = starts
    this.#keyBytes = keyBytes
    this.#arrivals = arrivals
  }
}

/** Copies short ranges byte by byte. Below about 50 bytes a call of the native copy costs more than the bytes. */
function copy(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  if (end - start > 48) {
    source.copy(target, at, start, end)
    return at + end - start
  }
  let to = at
  for (let from = start; from < end; from++) target[to++] = source[from]!
  return to
}
