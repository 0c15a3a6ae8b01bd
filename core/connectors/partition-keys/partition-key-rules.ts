/** What PutRecords accepts as a partition key and as an explicit hash key. */

/** The service counts characters. A character has at most 4 bytes in UTF-8. */
export const MAX_KEY_CHARACTERS = 256
const MAX_HASH_KEY = 2n ** 128n - 1n

export const PARTITION_KEY_RULE = `a key is a string of 1 to ${MAX_KEY_CHARACTERS} characters`
export const EXPLICIT_HASH_KEY_RULE = 'an explicit hash key is a whole number from 0 to 2^128 - 1'

export function isPartitionKey(key: unknown): key is string {
  return typeof key === 'string' && key.length > 0 && characters(key) <= MAX_KEY_CHARACTERS && isWellFormed(key)
}

/** The decimal digits of an explicit hash key. `null` when the value is not one. */
export function explicitHashKeyDigits(hashKey: unknown): string | null {
  let value: bigint
  if (typeof hashKey === 'bigint') value = hashKey
  else if (typeof hashKey === 'number' && Number.isSafeInteger(hashKey)) value = BigInt(hashKey)
  else if (typeof hashKey === 'string' && /^[0-9]{1,64}$/.test(hashKey)) value = BigInt(hashKey)
  else return null
  return value >= 0n && value <= MAX_HASH_KEY ? String(value) : null
}

/** As the service counts: code points. */
function characters(text: string): number {
  return text.length <= MAX_KEY_CHARACTERS ? text.length : Array.from(text).length
}

/** A lone surrogate is not a character and has no UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

const SHOWN_CHARACTERS = 64

/** A value that is not valid, in words: `no key`, `the key 17, a number`. */
export function describeInvalid(value: unknown, noun: 'key' | 'explicit hash key'): string {
  if (value === null || value === undefined) return `no ${noun}`
  if (typeof value === 'bigint' || typeof value === 'boolean') return `the ${noun} ${String(value)}`
  if (typeof value === 'number') return `the ${noun} ${String(value)}, a number`
  if (typeof value === 'string') {
    if (value === '') return `an empty ${noun}`
    if (!isWellFormed(value))
      return `the ${noun} ${JSON.stringify(value.slice(0, SHOWN_CHARACTERS))}, which is not valid Unicode`
    if (noun === 'key') return `a key of ${characters(value)} characters`
    return `the ${noun} '${value.slice(0, SHOWN_CHARACTERS)}'`
  }
  if (Array.isArray(value)) return `a tuple of ${value.length}`
  return value instanceof Uint8Array ? 'bytes' : `a value of type ${typeof value}`
}
