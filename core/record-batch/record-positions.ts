/**
 * Where the records of a batch came from. It serves error messages and dead letters, and costs nothing while nobody asks:
 * filters and functions only compose an index over the arrays that the source made.
 */
export interface PositionColumns {
  readonly stream: string
  readonly shardId: string
  readonly slab: Buffer
  readonly keyOffset: Uint32Array
  readonly keyLength: Uint32Array
  readonly sequenceOffset: Uint32Array
  readonly sequenceLength: Uint32Array
}

export interface RecordPosition {
  readonly stream: string
  readonly shardId: string
  readonly sequenceNumber: string
  readonly partitionKey: string
}

export class RecordPositions {
  readonly #columns: PositionColumns
  /** Index of each record in the columns; null: `#from + i`. */
  readonly #index: Uint32Array | null
  readonly #from: number

  constructor(columns: PositionColumns, from = 0, index: Uint32Array | null = null) {
    this.#columns = columns
    this.#from = from
    this.#index = index
  }

  at(i: number): RecordPosition {
    const { stream, shardId } = this.#columns
    return { stream, shardId, sequenceNumber: this.sequenceNumber(i), partitionKey: this.partitionKey(i) }
  }

  sequenceNumber(i: number): string {
    const c = this.#columns
    const at = this.#at(i)
    const offset = c.sequenceOffset[at]!
    return c.slab.latin1Slice(offset, offset + c.sequenceLength[at]!)
  }

  partitionKey(i: number): string {
    const c = this.#columns
    const at = this.#at(i)
    const offset = c.keyOffset[at]!
    return c.slab.utf8Slice(offset, offset + c.keyLength[at]!)
  }

  slice(from: number, to: number): RecordPositions {
    if (this.#index === null) return new RecordPositions(this.#columns, this.#from + from)
    return new RecordPositions(this.#columns, 0, this.#index.subarray(from, to))
  }

  select(indices: Uint32Array): RecordPositions {
    const composed = new Uint32Array(indices.length)
    for (let i = 0; i < indices.length; i++) composed[i] = this.#at(indices[i]!)
    return new RecordPositions(this.#columns, 0, composed)
  }

  #at(i: number): number {
    return this.#index === null ? this.#from + i : this.#index[i]!
  }
}
