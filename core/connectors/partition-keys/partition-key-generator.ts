/** A partition key for each record, made once when the record enters the sink: a record that is sent again keeps its key. */
import { isUtf8 } from 'node:buffer'
import { randomFillSync } from 'node:crypto'

import type { EntryRun, HashKeyColumn } from '../../aws/kinesis/put-records-codec.ts'
import { functionError } from '../../operators/functions/function-error.ts'
import type { KeyColumn } from '../../foundation/record-batch/key-column.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { decodeKey, KeyTag } from '../../../schemas/contracts/key-codec.ts'
import { asError } from '../../foundation/errors.ts'

export interface KeyColumns extends Pick<EntryRun, 'keySlab' | 'keyOffset' | 'keyLength'> {
  /** null: no record has one. */
  readonly hashKeys: HashKeyColumn | null
  /** Records that have no key that can be written, by index, each with the reason, without a period; null: none. */
  readonly rejected: ReadonlyMap<number, string> | null
}

export type PartitionKeyColumnFunction = (batch: RecordBatch) => KeyColumns

/** What a function of the value may give in place of a string. */
export interface PartitionKey {
  readonly partitionKey: string
  /** Says the shard in the partition key's place: 0 to 2^128 - 1, a text in decimal; null: the partition key says it. */
  readonly explicitHashKey?: bigint | string | null
}

const UUID_LENGTH = 36
/** The service counts characters; a character is at most 4 bytes of UTF-8. */
const MAX_KEY_CHARACTERS = 256
const MAX_HASH_KEY = 2n ** 128n - 1n
const A_KEY = `a key is a string of 1 to ${MAX_KEY_CHARACTERS} characters`
const A_HASH_KEY = 'an explicit hash key is a whole number from 0 to 2^128 - 1'

/** Every record of a subtask gets the subtask's index, so all of them go to one shard, in order. */
export function fixedKey(subtask: number): PartitionKeyColumnFunction {
  const keySlab = Buffer.from(String(subtask))
  let zeros = new Uint32Array(0)
  let lengths = new Uint32Array(0)
  return ({ count }) => {
    if (zeros.length < count) {
      zeros = new Uint32Array(count)
      lengths = new Uint32Array(count).fill(keySlab.length)
    }
    return { keySlab, keyOffset: zeros, keyLength: lengths, hashKeys: null, rejected: null }
  }
}

/** For services whose records have none. */
export const noKey: PartitionKeyColumnFunction = ({ count }) => {
  const zeros = new Uint32Array(count)
  return { keySlab: NO_BYTES, keyOffset: zeros, keyLength: zeros, hashKeys: null, rejected: null }
}

const NO_BYTES = Buffer.alloc(0)
const HEX = Buffer.from('0123456789abcdef')
const UUID_BYTES = 16

/** A version 4 UUID for each record, as `randomUUID` makes them one by one, for a whole batch at once. */
export const randomKey: PartitionKeyColumnFunction = ({ count }) => randomKeys(count)

export function randomKeys(count: number): KeyColumns {
  const random = randomFillSync(Buffer.allocUnsafe(count * UUID_BYTES))
  const keySlab = Buffer.allocUnsafe(count * UUID_LENGTH)
  const keyOffset = new Uint32Array(count)
  let at = 0
  for (let i = 0, from = 0; i < count; i++, from += UUID_BYTES) {
    keyOffset[i] = at
    random[from + 6] = (random[from + 6]! & 0x0f) | 0x40
    random[from + 8] = (random[from + 8]! & 0x3f) | 0x80
    for (let j = 0; j < UUID_BYTES; j++) {
      if (j === 4 || j === 6 || j === 8 || j === 10) keySlab[at++] = 0x2d
      const byte = random[from + j]!
      keySlab[at++] = HEX[byte >> 4]!
      keySlab[at++] = HEX[byte & 15]!
    }
  }
  return { keySlab, keyOffset, keyLength: new Uint32Array(count).fill(UUID_LENGTH), hashKeys: null, rejected: null }
}

/**
 * A user's function of the value. It is asked about null only where a schema may write null, in a stream of objects; a function that
 * fails for null fails for that record alone.
 *
 * @throws FunctionError if the function does
 */
export function customKey(key: (value: unknown) => unknown, stream: string): PartitionKeyColumnFunction {
  return batch => {
    const columns = new Columns(batch.count)
    for (let i = 0; i < batch.count; i++) {
      const value = batch.value(i)
      if (isNeverWritten(batch, i)) continue
      let given: unknown
      try {
        given = key(value)
      } catch (cause) {
        if (value === null) {
          columns.reject(i, `an error for null (${String(cause)})`, A_KEY)
          continue
        }
        const { name, message, stack } = asError(cause)
        const operatorName = `Partition key of the sink to stream ${stream}`
        throw functionError(
          { operatorName, errorType: name, message, traceback: stack ?? null, index: i },
          batch,
          cause,
        )
      }
      if (typeof given === 'object' && given !== null && 'partitionKey' in given)
        columns.add(i, given.partitionKey, 'explicitHashKey' in given ? given.explicitHashKey : null)
      else columns.add(i, given, null)
    }
    return columns.finish()
  }
}

/** Of objects, a schema may write null. */
const isNeverWritten = (batch: RecordBatch, i: number): boolean => batch.payload !== 'object' && batch.isNull(i)

/** What the `key_by` before the sink gave: a text, or a tuple of a text and an explicit hash key. Texts are not copied. */
export const keyOfKeyBy: PartitionKeyColumnFunction = batch => {
  const keys = batch.keys!
  const { bytes, offset, length } = keys
  const keyOffset = new Uint32Array(batch.count)
  const keyLength = new Uint32Array(batch.count)
  for (let i = 0; i < batch.count; i++) {
    if (isNeverWritten(batch, i)) continue
    const from = offset[i]! + TEXT_HEAD
    const to = offset[i]! + length[i]!
    if (bytes[offset[i]!] !== KeyTag.TEXT || to === from || !isShortText(bytes, from, to))
      return decodedKeys(batch, keys)
    keyOffset[i] = from
    keyLength[i] = to - from
  }
  return { keySlab: bytes, keyOffset, keyLength, hashKeys: null, rejected: null }
}

/** Tag and length. */
const TEXT_HEAD = 5

/** Whether it surely is a key: few bytes of ASCII. What is not, is looked at more closely. */
function isShortText(bytes: Buffer, from: number, to: number): boolean {
  if (to - from > MAX_KEY_CHARACTERS) return false
  for (let at = from; at < to; at++) if (bytes[at]! >= 0x80) return false
  return true
}

function decodedKeys(batch: RecordBatch, { bytes, offset, length }: KeyColumn): KeyColumns {
  const columns = new Columns(batch.count)
  for (let i = 0; i < batch.count; i++) {
    if (isNeverWritten(batch, i)) continue
    const tag = bytes[offset[i]!]
    if (tag === KeyTag.PICKLE) {
      columns.reject(i, 'an object of Python that is neither a str nor a tuple', A_KEY)
      continue
    }
    if (tag === KeyTag.TEXT && !isUtf8(bytes.subarray(offset[i]! + TEXT_HEAD, offset[i]! + length[i]!))) {
      columns.reject(i, 'a key that is no Unicode', A_KEY)
      continue
    }
    let key: unknown
    try {
      key = decodeKey(bytes.subarray(offset[i], offset[i]! + length[i]!))
    } catch {
      columns.reject(i, 'a tuple that holds an object of Python', `${A_KEY}, and ${A_HASH_KEY}`)
      continue
    }
    if (tag === KeyTag.TUPLE && (key as unknown[]).length === 2) columns.add(i, ...(key as [unknown, unknown]))
    else columns.add(i, key, null)
  }
  return columns.finish()
}

/** Keys as they come, one by one. */
class Columns {
  readonly #keyOffset: Uint32Array
  readonly #keyLength: Uint32Array
  readonly #keys: Buffer[] = []
  #keyBytes = 0
  /** Digits; null: no record has had one yet. */
  #hashKeys: (string | null)[] | null = null
  #rejected: Map<number, string> | null = null

  constructor(count: number) {
    this.#keyOffset = new Uint32Array(count)
    this.#keyLength = new Uint32Array(count)
  }

  add(i: number, key: unknown, hashKey: unknown): void {
    if (!isKey(key)) {
      this.reject(i, shown(key, 'key'), A_KEY)
      return
    }
    if (hashKey !== null && hashKey !== undefined) {
      const digits = digitsOf(hashKey)
      if (digits === null) {
        this.reject(i, shown(hashKey, 'explicit hash key'), A_HASH_KEY)
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

  reject(i: number, what: string, rule: string): void {
    this.#rejected ??= new Map()
    this.#rejected.set(i, `the partition key generator gave ${what}; ${rule}`)
  }

  finish(): KeyColumns {
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

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key.length > 0 && characters(key) <= MAX_KEY_CHARACTERS && isWellFormed(key)
}

/** As the service counts: code points. */
function characters(text: string): number {
  return text.length <= MAX_KEY_CHARACTERS ? text.length : Array.from(text).length
}

/** Half a surrogate pair is no character, and has no UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** null: it is no explicit hash key. */
function digitsOf(hashKey: unknown): string | null {
  let value: bigint
  if (typeof hashKey === 'bigint') value = hashKey
  else if (typeof hashKey === 'number' && Number.isSafeInteger(hashKey)) value = BigInt(hashKey)
  else if (typeof hashKey === 'string' && /^[0-9]{1,64}$/.test(hashKey)) value = BigInt(hashKey)
  else return null
  return value >= 0n && value <= MAX_HASH_KEY ? String(value) : null
}

const SHOWN_CHARACTERS = 64

function shown(value: unknown, noun: string): string {
  if (value === null || value === undefined) return `no ${noun}`
  if (typeof value === 'bigint' || typeof value === 'boolean') return `the ${noun} ${String(value)}`
  if (typeof value === 'number') return `the ${noun} ${String(value)}, a number`
  if (typeof value === 'string') {
    if (value === '') return `an empty ${noun}`
    if (!isWellFormed(value))
      return `the ${noun} ${JSON.stringify(value.slice(0, SHOWN_CHARACTERS))}, which is no Unicode`
    if (noun === 'key') return `a key of ${characters(value)} characters`
    return `the ${noun} '${value.slice(0, SHOWN_CHARACTERS)}'`
  }
  if (Array.isArray(value)) return `a tuple of ${value.length}`
  return value instanceof Uint8Array ? 'bytes' : `a value of type ${typeof value}`
}
