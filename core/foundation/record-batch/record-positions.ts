/**
 * Where the records of a batch were read, for error messages and dead letters. It costs little until it is used: filters and functions
 * only compose an index over the arrays of the source.
 */
export interface PositionColumns {
  readonly stream: string
  readonly shardId: string
  readonly slab: Buffer
  readonly keyOffset: Uint32Array
  readonly keyLength: Uint32Array
  readonly sequenceOffset: Uint32Array
  readonly sequenceLength: Uint32Array
  /** For records of aggregates, which share a sequence number. `null` when no record comes from an aggregate. */
  readonly aggregated?: AggregatedColumns | null
}

export interface AggregatedColumns {
  /** The place in the aggregate, from 0. -1 when the record is not of an aggregate. */
  readonly subSequence: Int32Array
  /** 1 for the last record of an aggregate. */
  readonly isLast: Uint8Array
  /** Why each record cannot be delivered, or `null` if it can. The array is `null` when all records can be delivered. */
  readonly damage: readonly (string | null)[] | null
}

export interface RecordPosition {
  readonly stream: string
  readonly shardId: string
  readonly sequenceNumber: string
  /** The place in its aggregate. `null` when the record is not of an aggregate. */
  readonly subSequenceNumber: number | null
  readonly partitionKey: string
}

export class RecordPositions {
  readonly #columns: PositionColumns
  /** Index of each record in the columns. `null`: `#from + i`. */
  readonly #index: Uint32Array | null
  readonly #from: number

  constructor(columns: PositionColumns, from = 0, index: Uint32Array | null = null) {
    this.#columns = columns
    this.#from = from
    this.#index = index
  }

  get stream(): string {
    return this.#columns.stream
  }

  get shardId(): string {
    return this.#columns.shardId
  }

  /** Where keys and sequence numbers lie. */
  get slab(): Buffer {
    return this.#columns.slab
  }

  at(i: number): RecordPosition {
    const { stream, shardId } = this.#columns
    return {
      stream,
      shardId,
      sequenceNumber: this.sequenceNumber(i),
      subSequenceNumber: this.subSequenceNumber(i),
      partitionKey: this.partitionKey(i),
    }
  }

  subSequenceNumber(i: number): number | null {
    const { aggregated } = this.#columns
    if (aggregated === undefined || aggregated === null) return null
    const subSequence = aggregated.subSequence[this.#at(i)]!
    return subSequence < 0 ? null : subSequence
  }

  /** Whether `damageOf` may be other than null. */
  get hasDamage(): boolean {
    return (this.#columns.aggregated?.damage ?? null) !== null
  }

  /** Why record `i` of an aggregate cannot be delivered, or null if it can be. */
  damageOf(i: number): string | null {
    return this.#columns.aggregated?.damage?.[this.#at(i)] ?? null
  }

  /** Whether record `i` is the last, or the only one, with its sequence number. */
  endsRecord(i: number): boolean {
    const { aggregated } = this.#columns
    return aggregated === undefined || aggregated === null || aggregated.isLast[this.#at(i)] === 1
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

  keySlice(i: number): { readonly offset: number; readonly length: number } {
    const at = this.#at(i)
    return { offset: this.#columns.keyOffset[at]!, length: this.#columns.keyLength[at]! }
  }

  sequenceSlice(i: number): { readonly offset: number; readonly length: number } {
    const at = this.#at(i)
    return { offset: this.#columns.sequenceOffset[at]!, length: this.#columns.sequenceLength[at]! }
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
