/** The same partition key for all records of a subtask, or no key at all. */
import type { PartitionKeyColumnFunction } from './partition-key-columns.ts'

const NO_BYTES = Buffer.alloc(0)

/** The key of each record is the index of the subtask, so that all records of a subtask go to one shard, in order. */
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

/** For services whose records have no keys. */
export const noKey: PartitionKeyColumnFunction = ({ count }) => {
  const zeros = new Uint32Array(count)
  return { keySlab: NO_BYTES, keyOffset: zeros, keyLength: zeros, hashKeys: null, rejected: null }
}
