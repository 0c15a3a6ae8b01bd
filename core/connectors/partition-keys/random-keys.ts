/** A random partition key for each record: a version 4 UUID, like Node's `randomUUID`, but for a whole batch at once. */
import { randomFillSync } from 'node:crypto'

import type { PartitionKeyColumnFunction, PartitionKeyColumns } from './partition-key-columns.ts'

const UUID_LENGTH = 36
const UUID_BYTES = 16
const HEX = Buffer.from('0123456789abcdef')

export const randomKey: PartitionKeyColumnFunction = ({ count }) => randomKeys(count)

export function randomKeys(count: number): PartitionKeyColumns {
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
