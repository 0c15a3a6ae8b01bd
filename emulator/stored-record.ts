// A retained record, for tests. It holds a position in a segment and reads its members from there when they are used.
import type { Segment } from './store/segment.ts'
import type { SequenceNumbers } from './store/sequence-number.ts'

export class StoredRecord {
  readonly shardId: string
  readonly #sequence: SequenceNumbers
  readonly #segment: Segment
  readonly #position: number

  constructor(shardId: string, sequence: SequenceNumbers, segment: Segment, position: number) {
    this.shardId = shardId
    this.#sequence = sequence
    this.#segment = segment
    this.#position = position
  }

  get sequenceNumber(): string {
    return this.#sequence.format(this.#segment.firstIndex + this.#position)
  }

  /** Milliseconds since the epoch. */
  get approximateArrivalMs(): number {
    return this.#segment.arrivalMs(this.#position)
  }

  get partitionKey(): string {
    const { slab } = this.#segment
    return slab.toString('utf8', this.#segment.keyStart(this.#position), this.#segment.keyEnd(this.#position))
  }

  /** The stored bytes, not a copy. Do not write to them. */
  get data(): Buffer {
    return this.#segment.slab.subarray(this.#segment.dataStart(this.#position), this.#segment.dataEnd(this.#position))
  }

  /** The data as UTF-8 text. */
  get text(): string {
    return this.data.toString('utf8')
  }
}
