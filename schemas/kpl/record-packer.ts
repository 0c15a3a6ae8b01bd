/**
 * Packs records into an aggregate. `aggregated-record.ts` shows the format and is the counterpart. Each key is written once. The
 * exact size is known before a record is added. Source: aggregation-format.md of the
 * amazon-kinesis-producer.
 */
import { createHash } from 'node:crypto'

import { AGGREGATE_MAGIC, MD5_BYTES } from './aggregated-record.ts'
import type { PackedRecord } from './aggregated-record.ts'

const KEY_TAG = 0x0a
const HASH_KEY_TAG = 0x12
const RECORD_TAG = 0x1a
const KEY_INDEX_TAG = 0x08
const HASH_KEY_INDEX_TAG = 0x10
const DATA_TAG = 0x1a
const FRAME_BYTES = 4 + MD5_BYTES

interface Placed {
  readonly key: number
  /** -1 when there is none. */
  readonly hashKey: number
  readonly data: Buffer
  /** The size of the message in bytes, without tag and length. */
  readonly size: number
}

export class RecordPacker {
  readonly #keys = new Table()
  readonly #hashKeys = new Table()
  readonly #records: Placed[] = []
  #size = FRAME_BYTES

  get count(): number {
    return this.#records.length
  }

  /** The size of the aggregate in bytes. */
  get size(): number {
    return this.#size
  }

  /** Adds the record and returns true, unless the aggregate would become larger than `maxSize`. */
  tryAdd({ partitionKey, explicitHashKey, data }: PackedRecord, maxSize: number): boolean {
    const keyText = partitionKey.toString('latin1')
    const key = this.#keys.indexOf(keyText)
    const hashKey = explicitHashKey === null ? -1 : this.#hashKeys.indexOf(explicitHashKey)
    const ofHashKey = hashKey < 0 ? 0 : 1 + varintSize(hashKey)
    const size = 1 + varintSize(key) + ofHashKey + fieldSize(data.length)
    const more =
      fieldSize(size) +
      (this.#keys.has(keyText) ? 0 : fieldSize(partitionKey.length)) +
      (explicitHashKey === null || this.#hashKeys.has(explicitHashKey) ? 0 : fieldSize(explicitHashKey.length))
    if (this.#size + more > maxSize) return false
    this.#keys.add(keyText)
    if (explicitHashKey !== null) this.#hashKeys.add(explicitHashKey)
    this.#records.push({ key, hashKey, data, size })
    this.#size += more
    return true
  }

  pack(): Buffer {
    const out = Buffer.allocUnsafe(this.#size)
    let at = out.writeUInt32BE(AGGREGATE_MAGIC)
    for (const [tag, table] of [
      [KEY_TAG, this.#keys],
      [HASH_KEY_TAG, this.#hashKeys],
    ] as const)
      for (const text of table.texts) {
        out[at++] = tag
        at = writeVarint(out, at, text.length)
        at += out.write(text, at, 'latin1')
      }
    for (const { key, hashKey, data, size } of this.#records) {
      out[at++] = RECORD_TAG
      at = writeVarint(out, at, size)
      out[at++] = KEY_INDEX_TAG
      at = writeVarint(out, at, key)
      if (hashKey >= 0) {
        out[at++] = HASH_KEY_INDEX_TAG
        at = writeVarint(out, at, hashKey)
      }
      out[at++] = DATA_TAG
      at = writeVarint(out, at, data.length)
      at += data.copy(out, at)
    }
    createHash('md5').update(out.subarray(4, at)).digest().copy(out, at)
    return out
  }
}

/** Distinct strings in Latin-1, by index. */
class Table {
  readonly #index = new Map<string, number>()

  get texts(): Iterable<string> {
    return this.#index.keys()
  }

  has(text: string): boolean {
    return this.#index.has(text)
  }

  /** The index of the string, or the index that it would get. */
  indexOf(text: string): number {
    return this.#index.get(text) ?? this.#index.size
  }

  add(text: string): void {
    if (!this.#index.has(text)) this.#index.set(text, this.#index.size)
  }
}

/** The size of a length-delimited field: tag, length and content. */
const fieldSize = (length: number): number => 1 + varintSize(length) + length

function varintSize(value: number): number {
  let size = 1
  for (let left = value; left >= 128; left = Math.floor(left / 128)) size++
  return size
}

function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) out[at++] = (left % 128) | 128
  out[at++] = left
  return at
}
