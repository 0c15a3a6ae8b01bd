// The head of a CBOR item: a major type in the top three bits and an argument in the shortest form that holds it.
//
// | argument          | bytes | low five bits |
// |-------------------|-------|---------------|
// | 0..23             | 1     | the argument  |
// | up to 2^8 - 1     | 2     | 24            |
// | up to 2^16 - 1    | 3     | 25            |
// | up to 2^32 - 1    | 5     | 26            |
// | up to 2^53 - 1    | 9     | 27            |

export const UNSIGNED = 0
export const NEGATIVE = 1
export const BYTES = 2
export const TEXT = 3
export const ARRAY = 4
export const MAP = 5
export const TAG = 6
export const SIMPLE = 7

/** Returns the number of bytes of the head of an item with this argument. */
export function headLength(argument: number): number {
  if (argument < 24) return 1
  if (argument < 0x100) return 2
  if (argument < 0x10000) return 3
  return argument < 0x1_0000_0000 ? 5 : 9
}

/** Writes a head and returns the offset after it. */
export function writeHead(out: Uint8Array, at: number, major: number, argument: number): number {
  const type = major << 5
  if (argument < 24) {
    out[at] = type | argument
    return at + 1
  }
  if (argument < 0x100) {
    out[at] = type | 24
    out[at + 1] = argument
    return at + 2
  }
  if (argument < 0x10000) {
    out[at] = type | 25
    out[at + 1] = argument >>> 8
    out[at + 2] = argument
    return at + 3
  }
  if (argument < 0x1_0000_0000) {
    out[at] = type | 26
    writeUint32(out, at + 1, argument)
    return at + 5
  }
  out[at] = type | 27
  writeUint64(out, at + 1, argument)
  return at + 9
}

/** Writes an unsigned integer below 2^53 as eight big-endian bytes. */
export function writeUint64(out: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  writeUint32(out, at, high)
  writeUint32(out, at + 4, value - high * 0x1_0000_0000)
}

function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
}
