/** A partition key for each record, made once when the record enters the sink: a record that is sent again keeps its key. */
import { randomFillSync } from 'node:crypto'

import { ShardlineError } from '../errors.ts'
import type { EntryRun } from '../kinesis/put-records-codec.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'

export type KeyColumns = Pick<EntryRun, 'keySlab' | 'keyOffset' | 'keyLength'>
export type PartitionKeyGenerator = (batch: RecordBatch) => KeyColumns

const UUID_LENGTH = 36
/** The service counts characters; a character is at most 4 bytes of UTF-8. */
const MAX_KEY_CHARACTERS = 256

/** Every record of a subtask gets the subtask's index, so all of them go to one shard, in order. */
export function fixedKey(subtask: number): PartitionKeyGenerator {
  const keySlab = Buffer.from(String(subtask))
  let zeros = new Uint32Array(0)
  let lengths = new Uint32Array(0)
  return ({ count }) => {
    if (zeros.length < count) {
      zeros = new Uint32Array(count)
      lengths = new Uint32Array(count).fill(keySlab.length)
    }
    return { keySlab, keyOffset: zeros, keyLength: lengths }
  }
}

const HEX = Buffer.from('0123456789abcdef')
const UUID_BYTES = 16

/** A version 4 UUID for each record, as `randomUUID` makes them one by one, for a whole batch at once. */
export const randomKey: PartitionKeyGenerator = ({ count }) => {
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
  return { keySlab, keyOffset, keyLength: new Uint32Array(count).fill(UUID_LENGTH) }
}

/** As the service counts: code points. */
function characters(text: string): number {
  return text.length <= MAX_KEY_CHARACTERS ? text.length : Array.from(text).length
}

/** A user's function of the value. @throws ShardlineError if a key is not 1 to 256 characters */
export function customKey(key: (value: unknown) => string, stream: string): PartitionKeyGenerator {
  return batch => {
    const keys = batch.values().map((value, i) => {
      const text: unknown = key(value)
      if (typeof text === 'string' && text.length > 0 && characters(text) <= MAX_KEY_CHARACTERS)
        return Buffer.from(text)
      const position = batch.positions?.at(i)
      throw new ShardlineError(
        'VALIDATION_FAILED',
        `The partition key generator of the sink to stream ${stream} gave ${typeof text === 'string' ? `a key of ${text.length} characters` : String(text)}; a key is a string of 1 to ${MAX_KEY_CHARACTERS} characters.`,
        { details: { stream, ...(position === undefined ? {} : { position }) } },
      )
    })
    const keyOffset = new Uint32Array(keys.length)
    const keyLength = new Uint32Array(keys.length)
    let at = 0
    keys.forEach((k, i) => {
      keyOffset[i] = at
      at += keyLength[i] = k.length
    })
    return { keySlab: Buffer.concat(keys, at), keyOffset, keyLength }
  }
}
