/**
 * Parses the protobuf message of an aggregated record, as Java's protobuf library does: unknown fields are skipped, the last of
 * several values wins, and a message without a required field is invalid.
 *
 *   AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3 }
 *   Record           { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3;
 *                      repeated Tag tags = 4 }
 *   Tag              { required string key = 1; optional string value = 2 }
 *
 * Source: messages.proto of the amazon-kinesis-producer.
 */
export interface Slice {
  readonly offset: number
  readonly length: number
}

export interface UserRecord {
  readonly key: number
  readonly hashKey: number | null
  readonly data: Slice
}

export interface AggregatedRecord {
  readonly keys: readonly Slice[]
  readonly hashKeys: readonly Slice[]
  readonly records: readonly UserRecord[]
}

class Cursor {
  at: number
  readonly #slab: Buffer
  readonly #end: number

  constructor(slab: Buffer, from: number, end: number) {
    this.#slab = slab
    this.at = from
    this.#end = end
  }

  get more(): boolean {
    return this.at < this.#end
  }

  /** The lowest 32 bits, signed, of up to 64. Java's library uses no more of a length, tag or index. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.#end) throw new RangeError('a number is cut off')
      const byte = this.#slab[this.at++]!
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value
    }
    throw new RangeError('a number is too long')
  }

  /** @throws RangeError for the number 0 */
  tag(): number {
    const tag = this.varint()
    if (tag >>> 3 === 0) throw new RangeError('a field has the number 0')
    return tag
  }

  slice(): Slice {
    const length = this.varint()
    if (length < 0) throw new RangeError('a length is negative')
    const offset = this.at
    this.skipBytes(length)
    return { offset, length }
  }

  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.varint()
        return
      case FIXED_64:
        this.skipBytes(8)
        return
      case LENGTH_DELIMITED:
        this.slice()
        return
      case FIXED_32:
        this.skipBytes(4)
        return
      case START_GROUP:
        this.#skipGroup(tag >>> 3, depth + 1)
        return
      default:
        throw new RangeError('an unknown wire type')
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('groups are nested too deeply')
    for (;;) {
      const tag = this.tag()
      if ((tag & 7) === END_GROUP) {
        if (tag >>> 3 !== field) throw new RangeError('a group ends that did not begin')
        return
      }
      this.skip(tag, depth)
    }
  }

  skipBytes(n: number): void {
    this.at += n
    if (this.at > this.#end) throw new RangeError('a field is cut off')
  }
}

const [VARINT, FIXED_64, LENGTH_DELIMITED, START_GROUP, END_GROUP, FIXED_32] = [0, 1, 2, 3, 4, 5] as const
/** The limit of Java's protobuf library. */
const MAX_DEPTH = 100

/** @throws RangeError */
export function parseAggregatedRecord(slab: Buffer, from: number, to: number): AggregatedRecord {
  const cursor = new Cursor(slab, from, to)
  const keys: Slice[] = []
  const hashKeys: Slice[] = []
  const records: UserRecord[] = []
  while (cursor.more) {
    const tag = cursor.tag()
    if (tag === 10) keys.push(cursor.slice())
    else if (tag === 18) hashKeys.push(cursor.slice())
    else if (tag === 26) records.push(parseRecord(slab, cursor.slice()))
    else cursor.skip(tag)
  }
  return { keys, hashKeys, records }
}

function parseRecord(slab: Buffer, { offset, length }: Slice): UserRecord {
  const cursor = new Cursor(slab, offset, offset + length)
  let key: number | null = null
  let hashKey: number | null = null
  let data: Slice | null = null
  while (cursor.more) {
    const tag = cursor.tag()
    switch (tag) {
      case 8:
        key = cursor.varint()
        break
      case 16:
        hashKey = cursor.varint()
        break
      case 26:
        data = cursor.slice()
        break
      case 34:
        checkTag(slab, cursor.slice())
        break
      default:
        cursor.skip(tag)
    }
  }
  if (key === null || data === null) throw new RangeError('a record lacks its key or its data')
  return { key, hashKey, data }
}

/** Checks that a Tag has its required key. No library uses tags. */
function checkTag(slab: Buffer, { offset, length }: Slice): void {
  const cursor = new Cursor(slab, offset, offset + length)
  let hasKey = false
  while (cursor.more) {
    const tag = cursor.tag()
    if (tag === 10) hasKey = true
    cursor.skip(tag)
  }
  if (!hasKey) throw new RangeError('a tag lacks its key')
}
