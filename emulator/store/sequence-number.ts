// Sequence numbers have 56 decimal digits. Within a shard their order is the order of the records. The sequence numbers of
// a child shard are greater than those of its parents. They are not consecutive: a client that adds one to a sequence
// number to continue reads the wrong records, as it does with the service.
//
// | digits  | what                                                                                       |
// |---------|--------------------------------------------------------------------------------------------|
// | 0..1    | `49`                                                                                       |
// | 2..15   | stamp of the shard's creation: milliseconds, strictly increasing within the account        |
// | 16..21  | shard number                                                                               |
// | 22..37  | record index: 0 is the start of the shard, its first record is 1                           |
// | 38..55  | a tail that is constant for the shard                                                      |

/** Digits of a sequence number. */
export const SEQUENCE_DIGITS = 56
/** Offset of the record index, and its number of digits. */
export const INDEX_OFFSET = 22
export const INDEX_DIGITS = 16
const END_INDEX = 9_000_000_000_000_000

/** Makes and reads the sequence numbers of one shard. */
export class SequenceNumbers {
  readonly #prefix: string
  readonly #tail: string
  /** The digits of index 0 in ASCII. `writeIndex` writes another index into a copy. */
  readonly template: Buffer

  constructor(stamp: number, shardNumber: number) {
    this.#prefix = `49${String(stamp).padStart(14, '0')}${String(shardNumber).padStart(6, '0')}`
    this.#tail = String((BigInt(stamp) * 1_000_003n + BigInt(shardNumber) * 7_919n) % 10n ** 18n).padStart(18, '0')
    this.template = Buffer.from(this.format(0), 'latin1')
  }

  format(index: number): string {
    return this.#prefix + String(index).padStart(INDEX_DIGITS, '0') + this.#tail
  }

  get starting(): string {
    return this.format(0)
  }

  /** Greater than the sequence number of every record of the shard, and less than that of every record of its children. */
  get ending(): string {
    return this.format(END_INDEX)
  }

  /**
   * Returns a number between the records at `index - 1` and `index`. A read at or after it starts with the record at
   * `index`.
   */
  between(index: number): string {
    return this.#prefix + String(index - 1).padStart(INDEX_DIGITS, '0') + '9'.repeat(this.#tail.length)
  }

  /**
   * Returns the index of the first record at a sequence number, or after it when `after` is set. Returns undefined when the
   * sequence number belongs to another shard.
   */
  indexAt(sequenceNumber: string, after: boolean): number | undefined {
    if (!/^\d{56}$/.test(sequenceNumber) || !sequenceNumber.startsWith(this.#prefix)) return undefined
    const index = Number(sequenceNumber.slice(INDEX_OFFSET, INDEX_OFFSET + INDEX_DIGITS))
    const tail = sequenceNumber.slice(INDEX_OFFSET + INDEX_DIGITS)
    const past = after ? tail >= this.#tail : tail > this.#tail
    return past ? index + 1 : index
  }
}

/** Writes the 16 digits of a record index in ASCII. It is called for every record that is read or written. */
export function writeIndex(out: Uint8Array, at: number, index: number): void {
  const high = Math.floor(index / 1e8)
  writeDigits(out, at, high)
  writeDigits(out, at + 8, index - high * 1e8)
}

function writeDigits(out: Uint8Array, at: number, value: number): void {
  let rest = value | 0
  for (let i = at + 7; i >= at; i--) {
    const tenth = (rest / 10) | 0
    out[i] = 48 + rest - tenth * 10
    rest = tenth
  }
}
