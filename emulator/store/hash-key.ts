// Hash keys are unsigned 128-bit integers. Requests and responses have them in decimal. Routing uses four 32-bit words, the
// most significant first.
import { invalidArgument } from '../errors.ts'

/** 2^128, the number of hash keys. */
export const HASH_KEY_SPACE = 1n << 128n

/** The hash keys from `start` to `end`, both included. */
export interface HashKeyRange {
  readonly start: bigint
  readonly end: bigint
}

/** Divides the hash key space into ranges of equal size. The last range also has the remainder. */
export function evenRanges(count: number): HashKeyRange[] {
  const size = HASH_KEY_SPACE / BigInt(count)
  return Array.from({ length: count }, (_, i) => ({
    start: size * BigInt(i),
    end: i === count - 1 ? HASH_KEY_SPACE - 1n : size * BigInt(i + 1) - 1n,
  }))
}

/** Writes `key` as four words into `out`, starting at `at`. */
export function writeWords(key: bigint, out: Uint32Array, at = 0): void {
  for (let i = 0; i < 4; i++) out[at + i] = Number((key >> BigInt(96 - 32 * i)) & 0xffff_ffffn)
}

/** Reads the hash key that a client sent as `member`, such as ExplicitHashKey or NewStartingHashKey. */
export function parseHashKey(member: string, text: string): bigint {
  const key = /^(0|[1-9]\d{0,38})$/.test(text) ? BigInt(text) : -1n
  if (key < 0n || key >= HASH_KEY_SPACE) {
    throw invalidArgument(
      `Invalid ${member}. ${member} must be in the range: [0, 2^128-1]. Specified value was ${text}`,
    )
  }
  return key
}

/** Finds the owner of a hash key. The ranges of the owners cover the whole space and do not overlap. */
export class HashRing<Owner> {
  readonly #owners: readonly Owner[]
  readonly #ends: Uint32Array

  constructor(owners: readonly Owner[], rangeOf: (owner: Owner) => HashKeyRange) {
    this.#owners = owners.toSorted((a, b) => (rangeOf(a).end < rangeOf(b).end ? -1 : 1))
    this.#ends = new Uint32Array(owners.length * 4)
    this.#owners.forEach((owner, i) => writeWords(rangeOf(owner).end, this.#ends, i * 4))
  }

  /** Returns the owner of the hash key in `words`: the first owner whose range ends at or after it. */
  find(words: Uint32Array): Owner {
    let low = 0
    let high = this.#owners.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#endsBefore(middle, words)) low = middle + 1
      else high = middle
    }
    return this.#owners[low]!
  }

  #endsBefore(index: number, words: Uint32Array): boolean {
    for (let i = 0; i < 4; i++) {
      const end = this.#ends[index * 4 + i]!
      const word = words[i]!
      if (end !== word) return end < word
    }
    return false
  }
}
