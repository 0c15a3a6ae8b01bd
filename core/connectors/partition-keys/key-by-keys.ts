/** Partition keys from the keys of the `key_by` before the sink: a string, or a tuple of a string and an explicit hash key. */
import { isUtf8 } from 'node:buffer'

import { decodeKey, KeyTag } from '../../../schemas/contracts/key-codec.ts'
import type { KeyColumn } from '../../foundation/record-batch/key-column.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { isNeverWritten, PartitionKeyColumnsBuilder } from './partition-key-columns.ts'
import type { PartitionKeyColumnFunction, PartitionKeyColumns } from './partition-key-columns.ts'
import { EXPLICIT_HASH_KEY_RULE, MAX_KEY_CHARACTERS, PARTITION_KEY_RULE } from './partition-key-rules.ts'

/** The tag and the length before the bytes of a string. */
const TEXT_HEAD = 5

/** Short ASCII strings are used where they lie. If the batch has any other key, all keys are decoded and checked. */
export const keyOfKeyBy: PartitionKeyColumnFunction = batch => {
  const keys = batch.keys!
  const { bytes, offset, length } = keys
  const keyOffset = new Uint32Array(batch.count)
  const keyLength = new Uint32Array(batch.count)
  for (let i = 0; i < batch.count; i++) {
    if (isNeverWritten(batch, i)) continue
    const from = offset[i]! + TEXT_HEAD
    const to = offset[i]! + length[i]!
    if (bytes[offset[i]!] !== KeyTag.TEXT || to === from || !isShortAscii(bytes, from, to))
      return decodedKeys(batch, keys)
    keyOffset[i] = from
    keyLength[i] = to - from
  }
  return { keySlab: bytes, keyOffset, keyLength, hashKeys: null, rejected: null }
}

function isShortAscii(bytes: Buffer, from: number, to: number): boolean {
  if (to - from > MAX_KEY_CHARACTERS) return false
  for (let at = from; at < to; at++) if (bytes[at]! >= 0x80) return false
  return true
}

function decodedKeys(batch: RecordBatch, { bytes, offset, length }: KeyColumn): PartitionKeyColumns {
  const columns = new PartitionKeyColumnsBuilder(batch.count)
  for (let i = 0; i < batch.count; i++) {
    if (isNeverWritten(batch, i)) continue
    const tag = bytes[offset[i]!]
    if (tag === KeyTag.PICKLE) {
      columns.reject(i, 'an object of Python that is neither a str nor a tuple', PARTITION_KEY_RULE)
      continue
    }
    if (tag === KeyTag.TEXT && !isUtf8(bytes.subarray(offset[i]! + TEXT_HEAD, offset[i]! + length[i]!))) {
      columns.reject(i, 'a key that is not valid Unicode', PARTITION_KEY_RULE)
      continue
    }
    let key: unknown
    try {
      key = decodeKey(bytes.subarray(offset[i], offset[i]! + length[i]!))
    } catch {
      columns.reject(
        i,
        'a tuple that holds an object of Python',
        `${PARTITION_KEY_RULE}, and ${EXPLICIT_HASH_KEY_RULE}`,
      )
      continue
    }
    if (tag === KeyTag.TUPLE && (key as unknown[]).length === 2) columns.add(i, ...(key as [unknown, unknown]))
    else columns.add(i, key, null)
  }
  return columns.finish()
}
