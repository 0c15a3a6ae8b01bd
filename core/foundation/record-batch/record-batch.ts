/**
 * The one data structure of the hot path: many records in one slab, and arrays that say where each part lies.
 *
 *   slab         ....|data 0|....|data 1|..........|data 2|...      one buffer, often a response body as it arrived
 *   dataOffset   [   4,           17,               40   ]
 *   dataLength   [   8,            8,                9   ]
 *   timestamp    [   ...                                  ]         event time, epoch milliseconds; -Infinity when a record has none, null when all have none
 *   keys         the key of each record, between a keyBy and the next operator; null without a keyBy
 *   positions    where each record came from: stream, shard, and its key and sequence number in their slab
 *
 * There is no object for each record: strings and Buffers are made when they are requested. Batches are immutable.
 * `slice` and `select` share the slab; `select` copies where it would keep a large slab alive for few records.
 * A batch of payload `object` holds JavaScript values instead of a slab, and may have their type. While a later function may still
 * find that a record cannot be read, the batch also keeps the records that the values were made from.
 */
import type { TypeSpec } from '../type-spec.ts'
import type { KeyColumn } from './key-column.ts'
import type { PayloadType } from './payload-type.ts'
import type { RecordPositions } from './record-positions.ts'

export interface SlabColumns {
  readonly slab: Buffer
  readonly dataOffset: Uint32Array
  readonly dataLength: Uint32Array
  /** Bit i set: value i is null. */
  readonly nulls?: Uint8Array | null
}

interface Attributes {
  readonly timestamp?: Float64Array | null
  readonly positions?: RecordPositions | null
  readonly keys?: KeyColumn | null
  /** Of JavaScript values. */
  readonly valueType?: TypeSpec | null
  /** The bytes that the values were made from. */
  readonly records?: SlabColumns | null
}

/** `select` compacts when the records that it keeps hold less than this share of the slab. */
const COMPACT_BELOW = 0.25
const COMPACT_MIN_SLAB_BYTES = 64 * 1024

const NO_SLAB = Buffer.alloc(0)
const NO_OFFSETS = new Uint32Array(0)

export class RecordBatch {
  readonly count: number
  readonly payload: PayloadType
  readonly slab: Buffer
  readonly dataOffset: Uint32Array
  readonly dataLength: Uint32Array
  readonly nulls: Uint8Array | null
  readonly timestamp: Float64Array | null
  readonly positions: RecordPositions | null
  readonly keys: KeyColumn | null
  /** The type of JavaScript values, for their conversion to another language. `null`: each value is converted by what it is. */
  readonly valueType: TypeSpec | null
  readonly #records: SlabColumns | null
  readonly #values: readonly unknown[] | null

  private constructor(
    count: number,
    payload: PayloadType,
    columns: SlabColumns | null,
    values: readonly unknown[] | null,
    attributes: Attributes,
  ) {
    this.count = count
    this.payload = payload
    this.slab = columns?.slab ?? NO_SLAB
    this.dataOffset = columns?.dataOffset ?? NO_OFFSETS
    this.dataLength = columns?.dataLength ?? NO_OFFSETS
    this.nulls = columns?.nulls ?? null
    this.#values = values
    this.timestamp = attributes.timestamp ?? null
    this.positions = attributes.positions ?? null
    this.keys = attributes.keys ?? null
    this.valueType = attributes.valueType ?? null
    this.#records = attributes.records ?? null
  }

  static ofSlab(
    payload: Exclude<PayloadType, 'object'>,
    columns: SlabColumns,
    attributes: Attributes = {},
  ): RecordBatch {
    return new RecordBatch(columns.dataOffset.length, payload, columns, null, attributes)
  }

  static ofValues(values: readonly unknown[], attributes: Attributes = {}): RecordBatch {
    return new RecordBatch(values.length, 'object', null, values, attributes)
  }

  /** Values packed into a slab of their own; for tests, collections and small batches. */
  static pack(
    payload: Exclude<PayloadType, 'object'>,
    values: readonly (string | Uint8Array | null)[],
    attributes: Attributes = {},
  ): RecordBatch {
    const parts = values.map(v => (v === null ? NO_SLAB : typeof v === 'string' ? Buffer.from(v) : v))
    const dataOffset = new Uint32Array(parts.length)
    const dataLength = new Uint32Array(parts.length)
    const nulls = values.includes(null) ? new Uint8Array((parts.length + 7) >> 3) : null
    let at = 0
    parts.forEach((part, i) => {
      dataOffset[i] = at
      dataLength[i] = part.length
      at += part.length
      if (values[i] === null) nulls![i >> 3]! |= 1 << (i & 7)
    })
    return RecordBatch.ofSlab(payload, { slab: Buffer.concat(parts, at), dataOffset, dataLength, nulls }, attributes)
  }

  isNull(i: number): boolean {
    if (this.#values !== null) return this.#values[i] === null
    return this.nulls !== null && (this.nulls[i >> 3]! & (1 << (i & 7))) !== 0
  }

  /** The value as user code sees it: a string for text, a Buffer that shares the slab for bytes and pickles. */
  value(i: number): unknown {
    if (this.#values !== null) return this.#values[i]
    if (this.isNull(i)) return null
    const offset = this.dataOffset[i]!
    const end = offset + this.dataLength[i]!
    return this.payload === 'text' ? this.slab.utf8Slice(offset, end) : this.slab.subarray(offset, end)
  }

  values(): readonly unknown[] {
    if (this.#values !== null) return this.#values
    const values = new Array<unknown>(this.count)
    for (let i = 0; i < this.count; i++) values[i] = this.value(i)
    return values
  }

  /** The bytes of the record that the value was made from; empty where they were not kept. */
  record(i: number): Buffer {
    const value = this.value(i)
    if (Buffer.isBuffer(value)) return value
    if (this.#records === null) {
      const { data } = (value ?? {}) as { readonly data?: unknown } // of a whole record of Kinesis
      return Buffer.isBuffer(data) ? data : NO_SLAB
    }
    const { slab, dataOffset, dataLength } = this.#records
    return slab.subarray(dataOffset[i], dataOffset[i]! + dataLength[i]!)
  }

  /** Bytes of all values together; 0 for JavaScript values. */
  get byteLength(): number {
    let sum = 0
    for (const length of this.dataLength) sum += length
    return sum
  }

  slice(from: number, to: number): RecordBatch {
    if (from === 0 && to === this.count) return this
    const attributes = {
      timestamp: this.timestamp?.subarray(from, to) ?? null,
      positions: this.positions?.slice(from, to) ?? null,
      keys: this.keys?.slice(from, to) ?? null,
      valueType: this.valueType,
      records: this.#records === null ? null : recordsBetween(this.#records, from, to),
    }
    if (this.#values !== null) return RecordBatch.ofValues(this.#values.slice(from, to), attributes)
    let nulls: Uint8Array | null = null
    if (this.nulls !== null) {
      nulls = new Uint8Array((to - from + 7) >> 3)
      for (let i = from; i < to; i++) if (this.isNull(i)) nulls[(i - from) >> 3]! |= 1 << ((i - from) & 7)
    }
    return new RecordBatch(
      to - from,
      this.payload,
      {
        slab: this.slab,
        dataOffset: this.dataOffset.subarray(from, to),
        dataLength: this.dataLength.subarray(from, to),
        nulls,
      },
      null,
      attributes,
    )
  }

  /** The records at `indices`, in that order. */
  select(indices: Uint32Array): RecordBatch {
    const n = indices.length
    const attributes = {
      ...this.#attributesAt(indices),
      keys: this.keys?.select(indices) ?? null,
      valueType: this.valueType,
      records: this.#records === null ? null : recordsAt(this.#records, indices),
    }
    if (this.#values !== null) {
      const values = new Array<unknown>(n)
      for (let i = 0; i < n; i++) values[i] = this.#values[indices[i]!]
      return RecordBatch.ofValues(values, attributes)
    }
    const dataOffset = new Uint32Array(n)
    const dataLength = new Uint32Array(n)
    let nulls: Uint8Array | null = null
    let bytes = 0
    for (let i = 0; i < n; i++) {
      const at = indices[i]!
      dataOffset[i] = this.dataOffset[at]!
      bytes += dataLength[i] = this.dataLength[at]!
      if (this.nulls !== null && this.isNull(at)) (nulls ??= new Uint8Array((n + 7) >> 3))[i >> 3]! |= 1 << (i & 7)
    }
    let slab = this.slab
    if (slab.length > COMPACT_MIN_SLAB_BYTES && bytes < slab.length * COMPACT_BELOW) {
      slab = Buffer.allocUnsafe(bytes)
      let at = 0
      for (let i = 0; i < n; i++) {
        const offset = dataOffset[i]!
        this.slab.copy(slab, at, offset, offset + dataLength[i]!)
        dataOffset[i] = at
        at += dataLength[i]!
      }
    }
    return new RecordBatch(n, this.payload, { slab, dataOffset, dataLength, nulls }, null, attributes)
  }

  /** The same records, grouped by these keys. */
  withKeys(keys: KeyColumn): RecordBatch {
    const columns = this.#values === null ? this : null
    return new RecordBatch(this.count, this.payload, columns, this.#values, { ...this.#attributes(), keys })
  }

  /** Other values for the same records: `index[i]` is the record of value `i`. `null`: the i-th record. */
  withValues(values: readonly unknown[], index: Uint32Array | null, valueType: TypeSpec | null = null): RecordBatch {
    return RecordBatch.ofValues(values, { ...this.#attributesAt(index), valueType })
  }

  /** As `withValues`; the records, of which this is a batch, stay with their values. */
  withValuesAndRecords(values: readonly unknown[], index: Uint32Array | null, valueType: TypeSpec | null): RecordBatch {
    const records = index === null ? this : recordsAt(this, index)
    return RecordBatch.ofValues(values, { ...this.#attributesAt(index), valueType, records })
  }

  /** As `withValues`, for values in a slab. */
  withSlab(payload: Exclude<PayloadType, 'object'>, columns: SlabColumns, index: Uint32Array | null): RecordBatch {
    return RecordBatch.ofSlab(payload, columns, this.#attributesAt(index))
  }

  /** The same records at another time. */
  withTimestamps(timestamp: Float64Array): RecordBatch {
    const columns = this.#values === null ? this : null
    const attributes = { ...this.#attributes(), keys: null, timestamp }
    return new RecordBatch(this.count, this.payload, columns, this.#values, attributes)
  }

  #attributes(): Attributes {
    const { timestamp, positions, keys, valueType } = this
    return { timestamp, positions, keys, valueType, records: this.#records }
  }

  #attributesAt(index: Uint32Array | null): Attributes {
    if (index === null) return { timestamp: this.timestamp, positions: this.positions }
    let timestamp: Float64Array | null = null
    if (this.timestamp !== null) {
      timestamp = new Float64Array(index.length)
      for (let i = 0; i < index.length; i++) timestamp[i] = this.timestamp[index[i]!]!
    }
    return { timestamp, positions: this.positions?.select(index) ?? null }
  }
}

function recordsBetween({ slab, dataOffset, dataLength }: SlabColumns, from: number, to: number): SlabColumns {
  return { slab, dataOffset: dataOffset.subarray(from, to), dataLength: dataLength.subarray(from, to) }
}

function recordsAt({ slab, dataOffset, dataLength }: SlabColumns, indices: Uint32Array): SlabColumns {
  return { slab, dataOffset: indices.map(i => dataOffset[i]!), dataLength: indices.map(i => dataLength[i]!) }
}
