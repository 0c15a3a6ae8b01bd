/**
 * The partition keys of a batch, as columns. They are made once, when the batch enters the sink: a record that is sent again keeps
 * its key. A record whose key is not valid is rejected alone.
 */
import type { EntryRun, HashKeyColumn } from '../../aws/kinesis/put-records-codec.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import {
  describeInvalid,
  EXPLICIT_HASH_KEY_RULE,
  explicitHashKeyDigits,
  isPartitionKey,
  PARTITION_KEY_RULE,
} from './partition-key-rules.ts'

export interface PartitionKeyColumns extends Pick<EntryRun, 'keySlab' | 'keyOffset' | 'keyLength'> {
  /** `null` when no record has an explicit hash key. */
  readonly hashKeys: HashKeyColumn | null
  /** By index: why the record has no valid key, without a period. `null` when all keys are valid. */
  readonly rejected: ReadonlyMap<number, string> | null
}

export type PartitionKeyColumnFunction = (batch: RecordBatch) => PartitionKeyColumns

/** Whether the record is never written, so that it needs no key. A schema may write null in a batch of objects only. */
export const isNeverWritten = (batch: RecordBatch, i: number): boolean => batch.payload !== 'object' && batch.isNull(i)

/** Builds the columns record by record, in ascending order. */
export class PartitionKeyColumnsBuilder {
  readonly #keyOffset: Uint32Array
  readonly #keyLength: Uint32Array
  readonly #keys: Buffer[] = []
  #keyBytes = 0
  /** Decimal digits. `null` until a record has an explicit hash key. */
  #hashKeys: (string | null)[] | null = null
  #rejected: Map<number, string> | null = null

  constructor(count: number) {
    this.#keyOffset = new Uint32Array(count)
    this.#keyLength = new Uint32Array(count)
  }

  /** Adds the key of record `i`, or rejects the record when the key is not valid. */
  add(i: number, key: unknown, hashKey: unknown): void {
    if (!isPartitionKey(key)) {
      this.reject(i, describeInvalid(key, 'key'), PARTITION_KEY_RULE)
      return
    }
    if (hashKey !== null && hashKey !== undefined) {
      const digits = explicitHashKeyDigits(hashKey)
      if (digits === null) {
        this.reject(i, describeInvalid(hashKey, 'explicit hash key'), EXPLICIT_HASH_KEY_RULE)
        return
      }
      this.#hashKeys ??= new Array<string | null>(this.#keyOffset.length).fill(null)
      this.#hashKeys[i] = digits
    }
    const bytes = Buffer.from(key)
    this.#keys.push(bytes)
    this.#keyOffset[i] = this.#keyBytes
    this.#keyBytes += this.#keyLength[i] = bytes.length
  }

  /** `given`: what the generator returned, in words. `rule`: what it must return. */
  reject(i: number, given: string, rule: string): void {
    this.#rejected ??= new Map()
    this.#rejected.set(i, `the partition key generator gave ${given}; ${rule}`)
  }

  finish(): PartitionKeyColumns {
    return {
      keySlab: Buffer.concat(this.#keys, this.#keyBytes),
      keyOffset: this.#keyOffset,
      keyLength: this.#keyLength,
      hashKeys: this.#hashKeys === null ? null : hashKeyColumn(this.#hashKeys),
      rejected: this.#rejected,
    }
  }
}

function hashKeyColumn(digits: readonly (string | null)[]): HashKeyColumn {
  const offset = new Uint32Array(digits.length)
  const length = new Uint32Array(digits.length)
  let at = 0
  digits.forEach((text, i) => {
    offset[i] = at
    at += length[i] = text?.length ?? 0
  })
  return { slab: Buffer.from(digits.join(''), 'latin1'), offset, length }
}
